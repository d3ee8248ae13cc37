//go:build unix

package fetch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"dateline/services/fetcher/fetch/hostiletest"
)

// TestMain lets the test binary be the server of its own tests, so that what a client spends can be told from what a
// server does.
func TestMain(m *testing.M) {
	if kind := os.Getenv(serverKind); kind != "" {
		if err := serveChild(kind); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const serverKind = "DATELINE_FETCH_TEST_SERVER"

// child starts a server in a process of its own, on all loopback addresses, and returns its port.
func child(t testing.TB, kind string) (port string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs all of 127.0.0.0/8 to be loopback")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), serverKind+"="+kind)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // it ends with its input
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// hostURL is a URL on one of many hosts.
func hostURL(n int, port string) string {
	return fmt.Sprintf("http://127.%d.%d.%d:%s/page", 1+n>>16, n>>8&0xff, n&0xff, port)
}

func serveChild(kind string) error {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return err
	}
	fmt.Println(port)
	if kind == "pages" {
		packed := hostiletest.Packed("gzip", hostiletest.Page(pageBytes))
		return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{"text/html"}
			w.Header()["Content-Encoding"] = []string{"gzip"}
			w.Header()["Content-Length"] = []string{strconv.Itoa(len(packed))}
			_, _ = w.Write(packed)
		}))
	}
	stall, err := strconv.Atoi(kind) // after so many bytes
	if err != nil {
		return err
	}
	body := "<html>" + strings.Repeat("a", stall)
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			if _, err := c.Read(make([]byte, 1<<10)); err == nil {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"+body)
				_, _ = io.Copy(io.Discard, c)
			}
		}()
	}
}

// Thousands of hosts that send a part of a page and no more cost no more memory than the budget.
func TestSlowHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, c := range []struct{ hosts, stall int }{{3000, 10}, {400, 300_000}} {
		t.Run(fmt.Sprintf("%d hosts stall after %d bytes", c.hosts, c.stall), func(t *testing.T) {
			var files syscall.Rlimit
			if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < uint64(c.hosts)+200 {
				t.Skipf("too few files may be open: %d, %v", files.Cur, err)
			}
			port := child(t, strconv.Itoa(c.stall))
			limits := quick
			limits.InFlight, limits.Grace = 64<<20, 200*time.Millisecond
			limits.Header, limits.Dial = 10*time.Second, 10*time.Second // of a busy machine
			limits.Total = 3 * time.Second                              // less than the last wait for memory, which is not their servers' time
			cl := client(t, limits)

			before := memory()
			var all sync.WaitGroup
			var slow atomic.Int64
			for i := range c.hosts {
				all.Go(func() {
					_, err := cl.Get(t.Context(), Request{URL: hostURL(i, port), Accept: AcceptPage})
					if e, ok := errors.AsType[*Error](err); ok && e.Reason == ReasonTooSlow {
						slow.Add(1)
					} else {
						t.Errorf("host %d: %v", i, err)
					}
				})
			}
			ended := make(chan bool)
			go func() { all.Wait(); close(ended) }()
			peak := int64(0)
			for sampling := true; sampling; {
				select {
				case <-ended:
					sampling = false
				case <-time.After(50 * time.Millisecond):
					peak = max(peak, memory()-before)
				}
			}
			const waiting = 16 << 10 // of one that waits: its goroutine and its URL
			bound := limits.InFlight + int64(c.hosts)*waiting
			t.Logf("%d fetches took %d MiB at most, of %d MiB", c.hosts, peak>>20, bound>>20)
			if peak > bound {
				t.Errorf("%d bytes, want at most %d", peak, bound)
			}
			if int(slow.Load()) != c.hosts {
				t.Errorf("%d of %d were found too slow", slow.Load(), c.hosts)
			}
			free(t, cl)
		})
	}
}

// A body that there is no memory for is tried again later, and is neither taken for whole nor for broken.
func TestOverloaded(t *testing.T) {
	limits := quick
	limits.InFlight = 1
	limits.PageBytes, limits.Ratio = 2<<20, 1000
	c := client(t, limits)
	body := append([]byte("<html>"), make([]byte, 1<<20)...)
	for coding, packed := range map[string][]byte{"": body, "gzip": hostiletest.Packed("gzip", body)} {
		url := site(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", coding)
			_, _ = w.Write(packed)
		})
		for _, record := range []func(Exchange){nil, func(Exchange) {}} {
			_, err := c.Get(t.Context(), Request{URL: url, Accept: AcceptPage, Record: record})
			if e, ok := errors.AsType[*Error](err); !ok || e.Reason != ReasonOverloaded || !e.Temporary {
				t.Errorf("coding %q, recorded %t: %v", coding, record != nil, err)
			}
		}
	}
	free(t, c)
}

// memory is what lives: heap and stacks.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

const pageBytes = 250_000 // about 60 KB in gzip

// BenchmarkPages compares pages a second of the client's processor time with what net/http does by itself. The server is
// another process; 64 workers ask 500 hosts.
func BenchmarkPages(b *testing.B) {
	port := child(b, "pages")
	c := client(b, DefaultLimits)
	plain := &http.Client{Transport: http.DefaultTransport}
	for _, by := range []struct {
		name string
		get  func(url string) (int, error)
	}{
		{"dateline", func(url string) (int, error) {
			got, err := c.Get(context.Background(), Request{URL: url, Accept: AcceptPage})
			if err != nil {
				return 0, err
			}
			return len(got.Body), nil
		}},
		{"DefaultTransport", func(url string) (int, error) {
			resp, err := plain.Get(url)
			if err != nil {
				return 0, err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			return len(body), err
		}},
	} {
		b.Run(by.name, func(b *testing.B) {
			b.ReportAllocs()
			start := processor(b)
			var next atomic.Int64
			var all sync.WaitGroup
			for range 64 {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if size, err := by.get(hostURL(int(n%500), port)); err != nil || size < pageBytes {
							b.Errorf("%d bytes, %v", size, err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/(processor(b)-start).Seconds(), "pages/core-s")
		})
	}
}

// processor is the time that this process has spent.
func processor(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
