package cli

import (
	"bytes"
	"io"
	"strconv"
)

// rowCounter is written an export as it comes, in pieces of any size, and tells how much of it is whole rows.
type rowCounter interface {
	io.Writer
	rows() int  // that are whole
	end() int64 // of the last whole one, in bytes from the beginning
}

func newRowCounter(format string) rowCounter {
	switch format {
	case "csv":
		return &lineRows{csv: true, n: -1} // the first line is no row
	case "markdown":
		return &tarRows{}
	case "parquet":
		return noRows{io.Discard}
	}
	return &lineRows{}
}

// lineRows counts lines; of CSV those that are not within quotes.
type lineRows struct {
	csv, quoted bool
	n           int
	read, last  int64
}

func (c *lineRows) Write(p []byte) (int, error) {
	for i, b := range p {
		switch {
		case b == '"' && c.csv:
			c.quoted = !c.quoted
		case b == '\n' && !c.quoted:
			c.n++
			c.last = c.read + int64(i) + 1
		}
	}
	c.read += int64(len(p))
	return len(p), nil
}

func (c *lineRows) rows() int { return max(c.n, 0) }

func (c *lineRows) end() int64 { return c.last }

// tarRows counts the files of a tar archive. A header of another kind belongs to the file after it.
type tarRows struct {
	head       [512]byte
	filled     int   // of head
	body       int64 // left of the entry's content, with its padding
	file       bool  // the entry is one
	ended      bool  // past the last entry
	n          int
	read, last int64
}

func (c *tarRows) Write(p []byte) (int, error) {
	size := len(p)
	for len(p) > 0 && !c.ended {
		if c.body > 0 {
			m := min(c.body, int64(len(p)))
			p, c.body, c.read = p[m:], c.body-m, c.read+m
		} else {
			m := copy(c.head[c.filled:], p)
			p, c.filled, c.read = p[m:], c.filled+m, c.read+int64(m)
			if c.filled < len(c.head) {
				break
			}
			c.filled = 0
			c.readHead()
		}
		if c.body == 0 && c.file {
			c.file = false
			c.n++
			c.last = c.read
		}
	}
	return size, nil
}

// readHead reads the fields of POSIX.1-1988 that tell how long an entry is, and of what kind. A block of zeros ends the archive.
func (c *tarRows) readHead() {
	length, err := strconv.ParseUint(string(bytes.Trim(c.head[124:136], " \x00")), 8, 40)
	if err != nil {
		c.ended = true
		return
	}
	c.file = c.head[156] == '0' || c.head[156] == 0
	c.body = int64(length+511) / 512 * 512
}

func (c *tarRows) rows() int { return c.n }

func (c *tarRows) end() int64 { return c.last }

// noRows is of a format of which a part is worth nothing.
type noRows struct{ io.Writer }

func (noRows) rows() int { return 0 }

func (noRows) end() int64 { return 0 }
