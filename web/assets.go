package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"path"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

//go:embed static
var staticFiles embed.FS

// assets are the style sheet, modules and icons, packed once at start. All are
// served below one folder named by a hash over all of them: a browser may keep
// them for ever, and a module imports its neighbours by plain relative names.
type assets struct {
	prefix string // "/static/1f2e3d4c5b"
	files  map[string]*asset
}

type asset struct {
	rendered
	contentType string
}

func newAssets() *assets {
	a := &assets{files: map[string]*asset{}}
	sum, small := sha256.New(), newPacker(9, 9)
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		sum.Write([]byte(name))
		sum.Write(body)
		a.files[strings.TrimPrefix(name, "static/")] = newAsset(name, body, small)
		return nil
	})
	if err != nil {
		panic("web: assets compiled in: " + err.Error())
	}
	a.prefix = "/static/" + hex.EncodeToString(sum.Sum(nil)[:5])
	return a
}

func newAsset(name string, body []byte, small *packer) *asset {
	as := &asset{contentType: assetType(name)}
	as.plain, as.etag = body, etagOf(body)
	if len(body) >= compressFrom && !strings.HasPrefix(as.contentType, "image/png") {
		as.br, as.gzip = small.brotli(body), small.gzip(body)
	}
	return as
}

// assetType does not ask the machine's own tables, which differ.
func assetType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".webmanifest":
		return "application/manifest+json"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// url is the address of an asset: "app.css" -> "/static/1f2e3d4c5b/app.css".
func (a *assets) url(name string) string {
	if a.files[name] == nil {
		panic("web: no such asset: " + name)
	}
	return a.prefix + "/" + name
}

// modules lists the modules that app.js imports, so that browsers fetch them
// all at once.
func (a *assets) modules() []string { return a.modulesIn("js") }

// editorModules are those of pages with an editor; what edits a picture comes
// when a picture does.
func (a *assets) editorModules() []string { return a.modulesIn("js/editor") }

func (a *assets) modulesIn(folder string) []string {
	var list []string
	for name := range a.files {
		if path.Dir(name) == folder && name != "js/app.js" && name != "js/theme.js" {
			list = append(list, a.url(name))
		}
	}
	slices.Sort(list)
	return list
}

func (s *Server) staticFile(c *fiber.Ctx) error {
	name := c.Params("*")
	file := s.assets.files[name]
	if file == nil {
		return errNoPage
	}
	// A page rendered before an update asks for the old folder: it gets the
	// present file, and must ask again.
	keep := "public, max-age=300"
	if "/static/"+c.Params("hash") == s.assets.prefix {
		keep = "public, max-age=31536000, immutable"
	}
	return s.sendAsset(c, file, keep)
}

func (s *Server) favicon(c *fiber.Ctx) error {
	return s.sendAsset(c, s.assets.files["logo.svg"], "public, max-age=86400")
}

func (s *Server) sendAsset(c *fiber.Ctx, file *asset, keep string) error {
	c.Set(fiber.HeaderContentType, file.contentType)
	c.Set(fiber.HeaderCacheControl, keep)
	r := file.rendered
	return s.deliver(c, &r)
}
