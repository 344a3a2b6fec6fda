package main

import "selfie/community/archive"

// facts are the collections beside the community's own that an export carries,
// those first that others name.
var facts = []string{
	"rules", "business_hours", "cases", "case_entries", "desk_links", "desk_taken",
	"flags", "review_items", "deeds", "deflections", "suggestions", "trust", "helped_weeks", "saved_searches", "saved_hits", "rep_causes", "rep_badges", "notices", "synonyms",
}

func (a *app) others() archive.Others { return archive.Others{DB: a.db, Names: facts} }
