import Glibc

/// Headless Chromium, where the machine has it.
package enum Browser {
    package static let path = CommandLineTool.find("chromium") ?? CommandLineTool.find("google-chrome")

    package struct Look {
        var width: Int
        var height: Int
        var isDark: Bool

        package init(width: Int = 1200, height: Int = 1500, isDark: Bool = false) {
            self.width = width
            self.height = height
            self.isDark = isDark
        }
    }

    /// The document as it stands once its scripts have run for a while.
    package static func document(at url: String, look: Look = Look()) throws -> String {
        try run(url, look, ["--dump-dom"])
    }

    /// A picture of the page, as PNG.
    package static func picture(of url: String, look: Look) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        _ = try run(url, look, ["--screenshot=\(folder.file("page.png"))"])
        return folder.read("page.png")
    }

    private static func run(_ url: String, _ look: Look, _ arguments: [String]) throws -> String {
        try MachineTurn.require()
        guard let path else { throw Failure("no Chromium") }
        let profile = try TemporaryFolder()
        let settings = [
            "--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-dev-shm-usage",
            "--disable-background-networking", "--user-data-dir=\(profile.path)", "--virtual-time-budget=1500",
            "--window-size=\(look.width),\(look.height)",
            "--blink-settings=preferredColorScheme=\(look.isDark ? 0 : 1)",
        ]
        // Chromium's sandbox refuses to run as root, as tests in a container do.
        let privilege = getuid() == 0 ? ["--no-sandbox"] : []
        return try CommandLineTool.run(path, settings + privilege + arguments + [url]).output
    }
}
