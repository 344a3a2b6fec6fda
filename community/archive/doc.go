// Package archive brings communities in and carries them out.
package archive
