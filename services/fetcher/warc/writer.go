package warc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"dateline/pkg/queue"

	"github.com/gofrs/flock"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is the part of the fetcher's configuration that is about evidence.
type Config struct {
	WARCDir  string        `name:"warc-dir" help:"Directory that what is fetched is kept in, as WARC files; by default nothing is kept. A replica has one of its own." env:"DATELINE_WARC_DIR" type:"path"`
	WARCSize queue.Size    `name:"warc-size" help:"A WARC file is finished when it has this size." default:"1GB" env:"DATELINE_WARC_SIZE"`
	WARCAge  time.Duration `name:"warc-age" help:"A WARC file is finished after this time." default:"1h" env:"DATELINE_WARC_AGE"`
}

// Validate names what is wrong.
func (c *Config) Validate() error {
	switch {
	case c.WARCSize < 1e6 || c.WARCSize > 1e12:
		return fmt.Errorf("--warc-size %s: 1MB to 1000GB", c.WARCSize)
	case c.WARCAge < time.Second || c.WARCAge > 7*24*time.Hour:
		return fmt.Errorf("--warc-age %s: 1s to 168h", c.WARCAge)
	}
	return nil
}

// Info is what each file says of where it comes from; what is empty is left out.
type Info struct {
	Software  string // with its version
	Operator  string // whom to ask
	UserAgent string
	Robots    string // the policy, such as "classic" or "ignore"
}

// ErrInUse means that another process writes to the directory.
var ErrInUse = errors.New("in use by another process")

// Writer keeps captures. Its methods may be called from many goroutines.
//
// A capture is handed to the operating system as a whole before Write returns, so that it outlives this process; it
// outlives the machine when its file is finished, which is when it is synced and gets its name.
type Writer struct {
	cfg     Config
	about   Info
	metrics *metrics
	lock    *flock.Flock
	seen    *memory
	batches sync.Pool // of *batch
	create  func(name string) (file, error)

	mu     sync.Mutex
	open   *pair // nil until a capture comes
	serial int
	failed error // of finishing a file by its age, until somebody can be told
	closed bool
}

// Open finishes the files that a crash has left in the directory, and gives a writer for new ones. The directory is the
// writer's alone until Close.
func Open(cfg Config, about Info, reg prometheus.Registerer) (*Writer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.WARCDir, 0o755); err != nil {
		return nil, fmt.Errorf("--warc-dir: %w", err)
	}
	w := &Writer{cfg: cfg, about: about, metrics: newMetrics(reg), lock: flock.New(filepath.Join(cfg.WARCDir, "LOCK")), seen: newMemory(generation), create: createFile}
	w.batches.New = func() any { return newBatch() }
	switch ok, err := w.lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("--warc-dir %s: %w", cfg.WARCDir, err)
	case !ok:
		return nil, fmt.Errorf("--warc-dir %s: %w", cfg.WARCDir, ErrInUse)
	}
	if err := recoverDir(cfg.WARCDir); err != nil {
		return nil, errors.Join(fmt.Errorf("--warc-dir %s: %w", cfg.WARCDir, err), w.lock.Unlock())
	}
	return w, nil
}

// Write keeps a capture: all of its records, and their lines in the index, or none. Its error wraps the file system's
// (syscall.ENOSPC where the disk is full), and later captures may be kept again. Where a file could not be finished, the
// next Write or Close tells; it stays as it is, with all its captures, and the next Open finishes it.
func (w *Writer) Write(c *Capture) error {
	if err := c.valid(); err != nil {
		return err
	}
	b := w.batches.Get().(*batch)
	defer func() {
		if b.out.Cap() <= 4<<20 { // a rare giant should not stay
			w.batches.Put(b)
		}
	}()
	b.reset()
	original, err := b.capture(c, w.seen)
	if err != nil {
		return err
	}
	if err := w.keep(b); err != nil {
		w.metrics.failures.Inc()
		return fmt.Errorf("keep the capture of %s: %w", c.URL, err)
	}
	w.metrics.kept(b)
	if original != nil {
		w.seen.add(original)
	}
	return w.finishOld()
}

// keep appends to the open file, or to a new one.
func (w *Writer) keep(b *batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return os.ErrClosed
	}
	if w.open == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if err := w.open.append(b); err != nil {
		if w.open.broken {
			err = errors.Join(err, w.abandon())
		}
		return err
	}
	return nil
}

// finishOld finishes the open file if it is large enough, and tells what has gone wrong with others.
func (w *Writer) finishOld() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.failed
	w.failed = nil
	if w.open != nil && w.open.warc.size >= int64(w.cfg.WARCSize) {
		err = errors.Join(err, w.finish())
	}
	return err
}

// begin opens the next file.
func (w *Writer) begin() error {
	now := time.Now()
	var p *pair
	var name string
	err := os.ErrExist // of this second, by a process before
	for errors.Is(err, os.ErrExist) {
		w.serial++
		name = fmt.Sprintf("dateline-%s-%05d", now.UTC().Format("20060102150405"), w.serial)
		p, err = newPair(w.cfg.WARCDir, name, w.create)
	}
	if err != nil {
		return err
	}
	b := newBatch()
	b.info(w.about, name+extWARC, now)
	if err := p.append(b); err != nil {
		return errors.Join(err, p.remove())
	}
	p.timer = time.AfterFunc(w.cfg.WARCAge, func() { w.expire(p) })
	w.open = p
	return nil
}

// expire finishes a file that nobody writes to any more.
func (w *Writer) expire(p *pair) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == p {
		w.failed = w.finish()
	}
}

// finish makes the open file a finished one.
func (w *Writer) finish() error {
	p := w.open
	w.open = nil
	p.timer.Stop()
	if err := p.finish(); err != nil {
		return fmt.Errorf("finish %s, which is left as it is: %w", p.warc.name, err)
	}
	w.metrics.files.Inc()
	return nil
}

// abandon leaves the open file to the next Open.
func (w *Writer) abandon() error {
	p := w.open
	w.open = nil
	p.timer.Stop()
	return p.close()
}

// Close finishes the open file and gives the directory up.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	err := w.failed
	if w.open != nil {
		err = errors.Join(err, w.finish())
	}
	return errors.Join(err, w.lock.Unlock())
}
