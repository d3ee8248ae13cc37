// Package disk tells how much space there is.
package disk
