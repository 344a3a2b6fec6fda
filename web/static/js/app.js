// Everything works without this. It spares a page load here and there.
import "./ui.js";
import "./acts.js";
import "./view.js";
import "./drafts.js";
import "./related.js";
import "./live.js";
import "./keys.js";
