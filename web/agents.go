package web

import "strings"

// browserName says which browser and system a user agent string means, well
// enough for people to know their own devices.
func browserName(agent string) string {
	browser := firstIn(agent, "Browser",
		"Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "FxiOS/", "Firefox", "SamsungBrowser/", "Samsung Internet",
		"CriOS/", "Chrome", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl")
	system := firstIn(agent, "", "iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows",
		"Mac OS", "Mac", "CrOS", "ChromeOS", "Linux", "Linux")
	if system == "" {
		return browser
	}
	return browser + " on " + system
}

// firstIn returns the name behind the first sign found in s.
func firstIn(s, none string, signsAndNames ...string) string {
	for i := 0; i+1 < len(signsAndNames); i += 2 {
		if strings.Contains(s, signsAndNames[i]) {
			return signsAndNames[i+1]
		}
	}
	return none
}
