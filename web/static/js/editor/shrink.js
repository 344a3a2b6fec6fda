// Makes photos as small as the server keeps them before they are sent.
// Screenshots are left as they are: their text stays sharp and readable.

export const longest = 1600; // pixels of the longer side that the server keeps
export const maxBytes = 10 * 1024 * 1024; // that the server takes
const quality = 0.88; // of JPEG; the server encodes once more
const sample = 96; // pixels of the side by which flat areas are told from a photo

const decodable = /^image\/(jpeg|png|webp|heic|heif|avif)$/;
const endings = { heic: "image/heic", heif: "image/heif", avif: "image/avif", jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", gif: "image/gif", webp: "image/webp" };

/** The type of a file, by its name where the system does not know it; "" is no picture. */
export function typeOf(file) {
  const type = file.type || endings[file.name?.split(".").pop()?.toLowerCase()] || "";
  return type.startsWith("image/") ? type : "";
}

/** Writes a size as people do. */
export function size(bytes) {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${Math.max(1, Math.round(bytes / 1e3))} KB`;
}

/**
 * The file to send in place of a picture: smaller, or the picture itself when it
 * is a screenshot, cannot be read here, or would not become smaller. What the server
 * does not know becomes what it does, however large.
 */
export async function shrink(file, known) {
  if (!decodable.test(typeOf(file))) return file;
  try {
    const picture = await decode(file);
    try {
      const flat = typeOf(file) === "image/png" && isFlat(picture);
      const small = Math.max(picture.width, picture.height) <= longest;
      if ((flat && file.size <= maxBytes) || (small && /jpeg|webp/.test(typeOf(file)))) return file;
      const made = await encode(scaled(picture, longest), flat);
      return made.size < file.size || !known(typeOf(file)) ? renamed(made, file.name) : file;
    } finally {
      picture.close();
    }
  } catch {
    return file; // the server judges what this browser cannot read
  }
}

/** Reads a picture, upright. */
export const decode = (blob) => createImageBitmap(blob, { imageOrientation: "from-image" });

/** Draws a picture into a canvas whose longer side has at most so many pixels. */
export function scaled(picture, side) {
  const factor = Math.min(1, side / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * factor));
  const height = Math.max(1, Math.round(picture.height * factor));
  let from = picture;
  // Halving first keeps fine lines from vanishing between the pixels looked at.
  while (from.width > 2 * width && from.height > 2 * height) from = drawn(from, Math.round(from.width / 2), Math.round(from.height / 2));
  return drawn(from, width, height);
}

function drawn(picture, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, width, height);
  return canvas;
}

/** Encodes a canvas: lossless, or as a photo on white. */
export function encode(canvas, lossless) {
  honest();
  const from = lossless ? canvas : onWhite(canvas);
  return new Promise((resolve, reject) => {
    from.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), lossless ? "image/png" : "image/jpeg", quality);
  });
}

function onWhite(canvas) {
  const out = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
  const pen = out.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, out.width, out.height);
  pen.drawImage(canvas, 0, 0);
  return out;
}

/** Throws where the browser falsifies what is read from a canvas, as some do against tracking. */
export function honest() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 4, height: 4 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "rgb(200 100 50)";
  pen.fillRect(0, 0, 4, 4);
  const data = pen.getImageData(0, 0, 4, 4).data;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] !== 200 || data[i + 1] !== 100 || data[i + 2] !== 50) throw new Error("the canvas is not read truly");
  }
}

/**
 * Tells a screenshot from a photo: most neighbouring pixels of a screenshot are
 * equal, hardly any of a photo. Parts are looked at in full size.
 */
export function isFlat(picture) {
  let equal = 0, seen = 0;
  for (const [fx, fy] of [[0.5, 0.5], [0.2, 0.2], [0.8, 0.2], [0.2, 0.8], [0.8, 0.8]]) {
    const w = Math.min(sample, picture.width), h = Math.min(sample, picture.height);
    const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(picture, -Math.round((picture.width - w) * fx), -Math.round((picture.height - h) * fy));
    const pixels = new Uint32Array(pen.getImageData(0, 0, w, h).data.buffer);
    for (let i = 1; i < pixels.length; i++) {
      if (i % w === 0) continue;
      seen++;
      if (pixels[i] === pixels[i - 1]) equal++;
    }
  }
  return equal > seen / 2;
}

/** A blob under the name of a file, with the ending of its own type. */
export function renamed(blob, name) {
  const ending = blob.type === "image/png" ? "png" : "jpg";
  return new File([blob], `${(name || "picture").replace(/\.[^.]*$/, "")}.${ending}`, { type: blob.type });
}
