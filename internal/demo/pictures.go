package demo

import (
	"fmt"
	"image/color"
)

// drawings are the screenshots that posts show, by name.
var drawings = map[string]func() *sheet{
	"red-light":  drawStatus,
	"app-error":  drawError,
	"speed-slow": func() *sheet { return drawSpeed("24.1", "96.0", "71 ms", 0.12, red) },
	"speed-good": func() *sheet { return drawSpeed("478", "512", "9 ms", 0.55, green) },
	"wifi-list":  drawNetworks,
	"mesh-map":   drawMesh,
	"dns":        drawNameServers,
	"update":     drawUpdate,
	"log":        drawLog,
}

// drawing makes the picture of that name as a PNG.
func drawing(name string) ([]byte, error) {
	draw := drawings[name]
	if draw == nil {
		return nil, fmt.Errorf("demo: nobody has drawn %q", name)
	}
	return draw().png()
}

// routerPage is an empty page of the router.
func routerPage(title string) *sheet {
	s := newSheet(960, 600, paper)
	s.box(0, 0, 960, 64, 0, brand)
	s.disc(44, 32, 14, white)
	s.disc(44, 32, 7, brand)
	s.write(72, 41, 26, "bold", white, "Lumen One")
	s.write(738, 40, 20, "", white, "http://192.168.1.1")
	s.write(40, 118, 30, "bold", ink, title)
	return s
}

func drawStatus() *sheet {
	s := routerPage("Status")
	rows := []struct {
		name, says string
		c          color.RGBA
	}{
		{"Internet line", "No signal from the line (E-11)", red},
		{"Internet", "Not connected", red},
		{"Wi-Fi 2.4 GHz", "On, 3 devices", green},
		{"Wi-Fi 5 GHz", "On, 6 devices", green},
		{"Telephone", "Not registered", amber},
	}
	for i, r := range rows {
		y := 146 + 84*i
		s.card(40, float32(y), 880, 70)
		s.disc(80, float32(y)+35, 13, r.c)
		s.write(116, y+44, 24, "bold", ink, r.name)
		s.write(400, y+44, 24, "", r.c, r.says)
	}
	s.write(40, 588, 17, "", faint, "Firmware 4.1.2   up 0 d 0 h 14 min")
	return s
}

// phone is an empty screen of the app.
func phone(title string) *sheet {
	s := newSheet(560, 900, paper)
	s.write(28, 38, 20, "bold", ink, "9:41")
	s.box(470, 20, 52, 22, 6, ink)
	s.box(474, 24, 36, 14, 3, green)
	s.write(28, 108, 34, "bold", ink, title)
	return s
}

func drawError() *sheet {
	s := phone("Add a device")
	s.card(28, 140, 504, 300)
	for i := range 9 {
		for j := range 9 {
			if (i*7+j*5+i*j)%3 != 0 {
				s.box(float32(182+22*i), float32(190+22*j), 22, 22, 0, faint)
			}
		}
	}
	s.box(0, 0, 560, 900, 0, color.RGBA{0, 0, 0, 120})
	s.box(44, 330, 472, 290, 20, white)
	s.disc(280, 396, 34, red)
	s.box(275, 376, 10, 26, 3, white)
	s.disc(280, 413, 5.5, white)
	s.centre(280, 472, 28, "bold", ink, "E-204")
	s.centre(280, 510, 22, "", ink, "This device belongs to somebody else.")
	s.centre(280, 540, 20, "", faint, "Ask its owner to give it away first.")
	s.box(76, 562, 408, 44, 10, brand)
	s.centre(280, 592, 22, "bold", white, "OK")
	return s
}

func drawSpeed(down, up, response string, part float64, c color.RGBA) *sheet {
	s := newSheet(960, 600, white)
	s.box(0, 0, 960, 64, 0, night)
	s.write(36, 42, 26, "bold", white, "Speed test")
	s.arc(480, 380, 230, 34, 1, rule)
	s.arc(480, 380, 230, 34, part, c)
	s.centre(480, 340, 96, "bold", ink, down)
	s.centre(480, 388, 26, "", faint, "Mbit/s down")
	for i, x := range []struct{ what, much string }{{"Up", up + " Mbit/s"}, {"Response", response}, {"Device", "Laptop, Wi-Fi 5 GHz"}} {
		left := float32(60 + 290*i)
		s.card(left, 450, 270, 106)
		s.write(int(left)+22, 490, 20, "", faint, x.what)
		s.write(int(left)+22, 530, 24, "bold", ink, x.much)
	}
	return s
}

func drawNetworks() *sheet {
	s := phone("Look around")
	s.write(28, 150, 22, "", faint, "2.4 GHz   15 networks nearby")
	list := []struct {
		name    string
		channel int
		bars    int
	}{
		{"Lumen-4B2C (yours)", 6, 5}, {"Familie Krause", 6, 4}, {"TP-LINK_77F0", 6, 4}, {"zweiter stock", 6, 3},
		{"Lumen-91AA", 6, 3}, {"not your wifi", 1, 2}, {"Cafe Nord Gast", 11, 2}, {"printer-setup-3F", 6, 2},
	}
	for i, n := range list {
		y := 176 + 86*i
		s.card(28, float32(y), 504, 74)
		s.write(52, y+46, 24, "bold", ink, n.name)
		c := amber
		if n.channel != 6 {
			c = green
		}
		s.write(356, y+46, 22, "bold", c, fmt.Sprint("ch ", n.channel))
		for b := range 5 {
			bar := rule
			if b < n.bars {
				bar = brand
			}
			s.box(float32(440+14*b), float32(y+48-7*b), 9, float32(8+7*b), 2, bar)
		}
	}
	return s
}

func drawMesh() *sheet {
	s := routerPage("Mesh")
	s.card(40, 140, 880, 430)
	s.stroke(480, 260, 240, 450, 5, green)
	for i := range 11 { // dashed: a weak link
		x, y := 480+22*float32(i), 260+17.3*float32(i)
		s.stroke(x, y, x+12, y+9.4, 5, amber)
	}
	for _, n := range []struct {
		x, y       float32
		name, says string
		c          color.RGBA
	}{
		{480, 240, "Lumen One", "Hall", green}, {240, 450, "Living room", "866 Mbit/s", green}, {720, 450, "Attic", "15 Mbit/s, weak link", amber},
	} {
		s.disc(n.x, n.y, 44, n.c)
		s.disc(n.x, n.y, 37, white)
		s.disc(n.x, n.y, 16, n.c)
		s.centre(int(n.x), int(n.y)+72, 24, "bold", ink, n.name)
		s.centre(int(n.x), int(n.y)+100, 20, "", faint, n.says)
	}
	return s
}

func drawNameServers() *sheet {
	s := routerPage("Internet: name servers")
	s.card(40, 146, 880, 400)
	for i, says := range []string{"Automatic (recommended)", "Typed in by hand"} {
		y := float32(200 + 56*i)
		s.disc(86, y, 13, faint)
		s.disc(86, y, 11, white)
		if i == 1 {
			s.disc(86, y, 7, brand)
		}
		s.write(114, int(y)+8, 24, "", ink, says)
	}
	for i, address := range []string{"1.1.1.1", "1.1.1"} {
		y := float32(300 + 80*i)
		s.write(86, int(y)+36, 22, "", faint, fmt.Sprint("Server ", i+1))
		s.box(220, y, 420, 54, 8, rule)
		s.box(222, y+2, 416, 50, 7, white)
		s.write(240, int(y)+36, 24, "mono", ink, address)
	}
	s.box(220, 470, 150, 50, 10, brand)
	s.centre(295, 503, 22, "bold", white, "Save")
	return s
}

func drawUpdate() *sheet {
	s := routerPage("Software")
	s.card(40, 146, 880, 330)
	s.write(76, 204, 26, "bold", ink, "Installing 4.1.2")
	s.write(76, 242, 22, "", faint, "Installed now: 4.1.0   Do not unplug the device.")
	s.box(76, 280, 808, 34, 17, rule)
	s.box(76, 280, 501, 34, 17, amber)
	s.centre(480, 366, 40, "bold", ink, "62 %")
	s.write(76, 432, 22, "", red, "Nothing has happened for 11 minutes. The device may go back to 4.1.0.")
	return s
}

func drawLog() *sheet {
	s := newSheet(960, 600, night)
	s.box(0, 0, 960, 50, 0, color.RGBA{44, 50, 62, 255})
	s.write(24, 34, 22, "bold", white, "Diagnosis: log")
	lines := []struct {
		text string
		c    color.RGBA
	}{
		{"06:58:02 system: started, software 4.1.3", white},
		{"06:58:09 line: light, 2.4 dB", white},
		{"06:58:31 internet: IPv6 2001:db8:41::/56", white},
		{"06:58:31 internet: IPv4 shared (100.72.8.19)", white},
		{"06:59:04 mesh: unit 1 joined, software 4.1.3", white},
		{"06:59:17 mesh: unit 2 joined, software 4.0.9", amber},
		{"06:59:17 E-55 mesh: unit 2 speaks an older dialect", red},
		{"06:59:18 mesh: falling back to dialect 3", amber},
		{"07:00:00 wlan: channel 100, 80 MHz", white},
		{"07:02:44 dhcp: laptop-hall 192.168.1.23", white},
	}
	for i, l := range lines {
		s.write(24, 100+48*i, 23, "mono", l.c, l.text)
	}
	return s
}
