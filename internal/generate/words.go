package generate

import "strings"

// tags are in byte order, as threads keep them.
var tags = strings.Fields("2.4ghz 5ghz app bridge cable dhcp dns ethernet firewall firmware guest-wifi ipv6 led login mesh modem nas parental-controls password port-forwarding power printer qos range reset roaming router setup signal slow speed static-ip switch tv update usb vlan voip vpn wifi wifi-6 wpa3")

// vocabulary is in about the order of how often support sites use the words;
// behind the plain words stand names of parts, errors and versions.
var vocabulary = build()

func build() []string {
	words := strings.Fields(`the to i it is and a my not in on with of for that have this but when no can after
from be as at are if do so or all any get same does was how what works only router wifi network connection
internet device connected connect since problem help please still tried working phone laptop update signal
password reset speed slow light red blue green blinking cable port mesh node app settings firmware version
modem power restart again every time night minutes hours days week house upstairs room floor wall signal
drops disconnects loses keeps shows says error message screen page login account admin address ip dns dhcp
static dynamic gateway subnet mask bridge mode channel band width frequency interference neighbour guest
parental controls schedule profile child block allow list filter firewall rule forward forwarding open
closed server game console tv stream video call voice lag ping latency jitter packet loss download upload
megabit gigabit fibre dsl provider contract line outage technician support ticket warranty replacement
return box manual guide sticker label serial number model white black antenna bracket adapter charger plug
socket outlet usb storage disk share printer scanner camera doorbell thermostat speaker bulb hub bridge
repeater extender satellite backhaul wired wireless roaming handover steering fast transition security
encryption certificate key passphrase legacy compatible incompatible old new latest stable beta rollback
downgrade upgrade automatic manual scheduled failed stuck frozen loop boot boots rebooting crash log
system event warning critical unknown invalid refused timeout unreachable denied expired missing corrupt`)
	parts := strings.Fields("lan wan ssid mac mtu nat upnp igmp pppoe vlan qos snr rssi dfs mimo beacon lease route table cache buffer queue radio uplink downlink")
	for _, p := range parts {
		words = append(words, p)
		for _, s := range strings.Fields("error setting mode table server client status limit option failure filter scan test light") {
			words = append(words, p+"-"+s)
		}
	}
	hex := "0123456789abcdef"
	for i := range 600 {
		words = append(words, "0x8007"+string([]byte{hex[i/256%16], hex[i/16%16], hex[i%16], hex[(i*7)%16]}))
	}
	for major := range 8 {
		for minor := range 40 {
			words = append(words, "v"+string(rune('1'+major))+"."+string(rune('0'+minor/10))+string(rune('0'+minor%10)))
		}
	}
	return words
}
