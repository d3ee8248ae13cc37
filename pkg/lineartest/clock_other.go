//go:build !linux

package lineartest

import "time"

var start = time.Now()

func clock() time.Duration { return time.Since(start) }
