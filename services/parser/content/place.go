package content

// placed gathers what the second look sees besides.
func (p *page) placed(i int, c *collector) {
	b := &p.blocks[i]
	e := &p.elements[b.at]
	near := p.near[b.at]
	c.addSet(fNear, uint32(near))
	if !p.isMost(b.at) {
		c.addSet(fNearOwn, uint32(near&e.zone))
	}
	mark := int(p.marks[i])
	for n := range zoneCount {
		if near&(1<<n) != 0 {
			c.add(fNearMark, n*len(marks)+mark)
		}
	}
	away := bucket(p.away(b.at), 0, 1, 2, 3, 4)
	c.add(fAway, away)
	c.add(fAwayMark, away*len(marks)+mark)

	all := p.elements[0].weight
	s := p.shapes[p.shapeOf(b)]
	s.weight -= p.weight[i]
	s.words -= weightUnit * b.stats.words
	c.add(fShape, shareBucket(s.weight, all))
	if s.words > 0 {
		c.add(fShapeChance, chanceBucket(float32(s.weight)/float32(s.words)))
	} else {
		c.add(fShapeChance, noChance)
	}
	if e.parent >= 0 {
		c.add(fParent, shareBucket(p.elements[e.parent].weight-p.weight[i], all))
	}
	pos := p.position(i)
	c.add(fPosition, pos)
	c.add(fPositionMark, pos*len(marks)+mark)

	own := p.chanceAt(i)
	c.add(fChance, own)
	c.add(fChancePrev, own*len(chances)+p.chanceAt(i-1))
	c.add(fChanceNext, own*len(chances)+p.chanceAt(i+1))
	c.add(fChancePrev2, p.chanceAt(i-2))
	c.add(fChanceNext2, p.chanceAt(i+2))
	c.add(fChanceAround, p.chanceAround(i))
	if b.group >= 0 {
		g := &p.elements[b.group]
		to := min(g.to, g.from+30)
		var sum float32
		for k := g.from; k <= to; k++ {
			sum += p.chance[k]
		}
		c.add(fChanceGroup, chanceBucket(sum/float32(to-g.from+1)))
	}
}

func (p *page) chanceAt(i int) int {
	if i < 0 || i >= len(p.chance) {
		return noChance
	}
	return chanceBucket(p.chance[i])
}

// chanceAround is that of the words of the five blocks before and after.
func (p *page) chanceAround(i int) int {
	var sum, all float32
	for k := max(0, i-5); k <= min(len(p.blocks)-1, i+5); k++ {
		if k != i {
			w := float32(min(p.blocks[k].stats.words, 40))
			sum += p.chance[k] * w
			all += w
		}
	}
	if all == 0 {
		return noChance
	}
	return chanceBucket(sum / all)
}

// position tells where a block is among the likely ones of the core.
func (p *page) position(i int) int {
	switch {
	case p.firstLikely < 0:
		return 9
	case i < p.firstLikely:
		return 2 - bucket(int32(p.firstLikely-i), 1, 4)
	case i > p.lastLikely:
		return 6 + bucket(int32(i-p.lastLikely), 1, 4)
	case i == p.firstLikely:
		return 3
	case i == p.lastLikely:
		return 5
	}
	return 4
}
