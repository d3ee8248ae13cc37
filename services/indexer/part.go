package indexer

import (
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"dateline/pkg/queue"
	"dateline/services/indexer/store"
)

// part is one of the partitions that a record is divided into.
type part struct{ n, all int }

// of is the consumer that a partition has of its own.
func (p part) of(c queue.Consumer) queue.Consumer { return c.Part(p.n, p.all) }

// partsDir holds the partitions' directories in the data directory. Their names tell how many there are, so that those of
// different divisions are never mistaken for each other.
const partsDir = "partitions"

func (p part) dir(data string) string {
	return filepath.Join(data, partsDir, fmt.Sprintf("%02d-of-%02d", p.n, p.all))
}

// checkDivision makes sure that what a data directory holds is not of another number of partitions than the queue.
func checkDivision(data string, parts int) error {
	_, err := os.Stat(filepath.Join(data, store.FileName))
	if err == nil && parts > 1 {
		return fmt.Errorf("--data %s holds a record that is not divided, and the queue is provisioned for %d partitions: use another directory, or a queue without them", data, parts)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--data %s: %w", data, err)
	}
	found, err := partsIn(data)
	if err != nil {
		return err
	}
	for _, p := range found {
		if p.all != parts {
			return fmt.Errorf("--data %s holds a record in %d partitions, and the queue is provisioned for %d: use another directory, or another queue", data, p.all, parts)
		}
	}
	return nil
}

// partsIn is the partitions that have a directory in a data directory.
func partsIn(data string) (parts []part, err error) {
	found, err := filepath.Glob(filepath.Join(data, partsDir, "*-of-*"))
	if err != nil {
		return nil, fmt.Errorf("--data %s: %w", data, err)
	}
	for _, dir := range found {
		var p part
		if _, err := fmt.Sscanf(filepath.Base(dir), "%d-of-%d", &p.n, &p.all); err == nil {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

// recordDir is where in a data directory the record is, or the partition of it whose number is given.
func recordDir(data, partition string) (string, error) {
	parts, err := partsIn(data)
	if err != nil || len(parts) == 0 { // data may be a partition's own directory
		return data, err
	}
	for _, p := range parts {
		if partition == strconv.Itoa(p.n) {
			return p.dir(data), nil
		}
	}
	return "", fmt.Errorf("--data %s holds a record in %d partitions: --partition says which one is meant, by its number from 0 on", data, parts[0].all)
}

// directoryID names the directory of the partitions for good, whichever process asks first.
func directoryID(data string) (string, error) {
	dir := filepath.Join(data, partsDir)
	path := filepath.Join(dir, "ID")
	if id, err := os.ReadFile(path); err == nil {
		return string(id), nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, "ID-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(rand.Text())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) { // which makes it there whole, and once
		return "", err
	}
	id, err := os.ReadFile(path)
	return string(id), err
}

// owners gives each partition to one of the members, as evenly as can be, and so that few change hands when a member comes
// or goes. All who know the same members come to the same.
func owners(parts int, members []string) []string {
	if len(members) == 0 {
		return make([]string, parts)
	}
	least, more := parts/len(members), parts%len(members) // so many members have one more than the least
	load := make(map[string]int, len(members))
	owner := make([]string, parts)
	for n := range owner {
		var best uint64
		for _, m := range members {
			if load[m] > least || load[m] == least && more == 0 {
				continue
			}
			h := fnv.New64a()
			fmt.Fprintf(h, "%s %d", m, n)
			if w := mix(h.Sum64()); owner[n] == "" || w > best {
				owner[n], best = m, w
			}
		}
		if load[owner[n]]++; load[owner[n]] > least {
			more--
		}
	}
	return owner
}

// mix spreads FNV's last bytes over all bits (the finalizer of SplitMix64).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
