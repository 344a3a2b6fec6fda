// Command decoder decodes pictures for tests of package media, as the program does
// when it starts itself again. Tests build it without the race detector, under
// which the decoder takes ten times as long to get ready.
package main

import (
	"os"

	"selfie/media"
)

func main() { os.Exit(media.Child(os.Args)) }
