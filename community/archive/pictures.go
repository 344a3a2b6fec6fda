package archive

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/media"
)

// localPicture is how an address of an upload begins.
const localPicture = "/images/"

// fetchPictures brings the pictures of a post here and returns its HTML with
// their addresses here, and the uploads by id. A picture that cannot be had stays
// where it is, and becomes a link.
func (im *seImport) fetchPictures(ctx context.Context, body, owner string, ref community.Ref, thread string, at store.Millis) (string, map[string]*community.Upload, error) {
	if n := int64(strings.Count(body, "<img")); n == 0 || im.o.Pictures == nil || im.o.Library == nil {
		if n > 0 {
			im.pictures.skipped("not asked for: they became links", n)
		}
		return body, nil, nil
	}
	root := &html.Node{Type: html.ElementNode, DataAtom: atom.Body, Data: "body"}
	nodes, err := html.ParseFragment(strings.NewReader(body), root)
	if err != nil {
		im.pictures.skip("in a text nested too deeply to be read")
		return body, nil, nil
	}
	uploads := map[string]*community.Upload{}
	for _, n := range nodes {
		for img := range n.Descendants() {
			if err := im.bring(ctx, img, uploads, community.Upload{Owner: owner, Post: &ref, Thread: thread, Created: at}); err != nil {
				return "", nil, err
			}
		}
		if err := im.bring(ctx, n, uploads, community.Upload{Owner: owner, Post: &ref, Thread: thread, Created: at}); err != nil {
			return "", nil, err
		}
	}
	var b strings.Builder
	for _, n := range nodes {
		if err := html.Render(&b, n); err != nil {
			return "", nil, err
		}
	}
	return b.String(), uploads, nil
}

// bring makes the picture of an img element an upload like the given one, and
// points the element to it. Only errors that end the import are returned.
func (im *seImport) bring(ctx context.Context, n *html.Node, uploads map[string]*community.Upload, like community.Upload) error {
	if n.Type != html.ElementNode || n.DataAtom != atom.Img {
		return nil
	}
	for i := range n.Attr {
		if n.Attr[i].Key != "src" {
			continue
		}
		u, ok := im.site.absolute(strings.TrimSpace(n.Attr[i].Val))
		if !ok || u.Scheme != "https" && u.Scheme != "http" {
			im.pictures.skip("it has no address on the web")
			return nil
		}
		up, err := im.upload(ctx, u.String(), attrOf(n, "alt"), len(uploads), like)
		if err != nil || up == nil {
			return err
		}
		uploads[up.ID] = up
		n.Attr[i].Val = localPicture + up.ID
	}
	return nil
}

func attrOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// upload returns the upload of one picture of one post: the standing one, or a
// new one. It returns nil when the picture cannot be had.
func (im *seImport) upload(ctx context.Context, address, alt string, have int, up community.Upload) (*community.Upload, error) {
	up.ID = store.DeriveID("se", im.site.name, "picture", up.Post.ID, address)
	standing, err := im.to.Uploads.Get(ctx, up.ID)
	if err == nil {
		im.pictures.wrote(false)
		return standing, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if have >= community.MaxImages {
		im.pictures.skip("the post shows the most a post may show; the rest became links")
		return nil, nil
	}
	pic, err := im.have(ctx, address)
	if err != nil {
		if f, ok := fault.As(err); ok && f.Kind != fault.Unavailable && ctx.Err() == nil {
			im.pictures.skip("became a link: " + f.Public)
			return nil, nil
		}
		return nil, err
	}
	up.Hash, up.Width, up.Height, up.DHash, up.Bytes = pic.Hash, pic.Width, pic.Height, pic.DHash.String(), int64(pic.Source.Bytes)
	up.Look, up.Blur, up.Animated = pic.Look.String(), pic.Blur, pic.Animated
	up.Alt, up.Variants = alt, variantsOf(pic)
	up.ToBeRead(up.Created)
	kept, inserted, err := im.to.Uploads.Put(ctx, &up)
	if err == nil {
		im.pictures.wrote(inserted)
	}
	return kept, err
}

// have fetches a picture into the library. A fault is about this picture alone,
// except fault.Unavailable, which is about the place that keeps pictures.
func (im *seImport) have(ctx context.Context, address string) (media.Picture, error) {
	raw, err := im.o.Pictures.Fetch(ctx, address)
	if err != nil {
		return media.Picture{}, err
	}
	select { // waiting inside the library counts against its deadline
	case im.decoding <- struct{}{}:
		defer func() { <-im.decoding }()
	case <-ctx.Done():
		return media.Picture{}, ctx.Err()
	}
	return im.o.Library.Add(ctx, bytes.NewReader(raw), address)
}

func variantsOf(pic media.Picture) []community.Variant {
	var list []community.Variant
	for _, v := range pic.Variants {
		list = append(list, community.Variant{Name: v.Name, Width: v.Width, Height: v.Height, Type: v.Type, Bytes: int64(v.Bytes), Key: v.Key})
	}
	return list
}
