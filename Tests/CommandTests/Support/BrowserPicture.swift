import CZlib
import Glibc
import TestSupport

/// A page as headless Chromium shows it.
struct BrowserPicture {
    /// Of the upper left corner: red, green, blue.
    let corner: [UInt8]
    /// The part of the picture's bytes that differ from what stands beside or above them; 0 for a blank page.
    let detail: Double
    /// What the browser said while it drew: refused resources are named here.
    let words: String

    static let browser = ["/usr/bin/chromium", "/usr/bin/google-chrome"].first { (path: String) in
        access(path, X_OK) == 0
    }

    /// - Parameter url: `file://…`.
    init(of url: String, width: Int, height: Int, isDark: Bool) throws {
        try MachineTurn.require()
        let folder = try TemporaryFolder()
        let output = folder.file("out")
        try Self.run(
            [
                "--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-dev-shm-usage",
                "--disable-background-networking", "--user-data-dir=\(folder.file("profile"))",
                "--enable-logging=stderr", "--window-size=\(width),\(height)",
                "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)",
                "--screenshot=\(folder.file("page.png"))",
            ] + (getuid() == 0 ? ["--no-sandbox"] : []) + [url], output: output)
        words = folder.text("out")
        let rows = try Self.rows(Files.read(folder.file("page.png")))
        // The first pixel has nothing beside or above it: whatever the filter, it stands there as it is.
        corner = Array(rows[1...3])
        detail = Double(rows.count { $0 > 8 }) / Double(rows.count)
    }

    private static func run(_ arguments: [String], output: String) throws {
        guard let browser else { throw Failure("no Chromium") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words = ([browser] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, browser, &actions, nil, &words, environ)
        guard error == 0 else { throw Failure("\(browser) did not start: errno \(error)") }
        var status: Int32 = 0
        var hasEnded = false
        defer {
            if !hasEnded {
                kill(pid, SIGKILL)
                waitpid(pid, &status, 0)
            }
        }
        try eventually("the picture") {
            hasEnded = waitpid(pid, &status, WNOHANG) == pid
            return hasEnded
        }
    }

    /// The rows of a PNG, still filtered.
    private static func rows(_ png: [UInt8]) throws -> [UInt8] {
        guard png.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { throw Failure("no picture was made") }
        func number(_ at: Int) -> Int { png[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        var packed: [UInt8] = []
        var place = 8
        while place + 12 <= png.count {
            let length = number(place)
            if png[place + 4..<place + 8].elementsEqual("IDAT".utf8) { packed += png[place + 8..<place + 8 + length] }
            place += 12 + length
        }
        var size = uLong(4 * number(16) * number(20) + number(20))
        var rows = [UInt8](repeating: 0, count: Int(size))
        guard uncompress(&rows, &size, packed, uLong(packed.count)) == Z_OK else { throw Failure("a damaged picture") }
        return Array(rows[..<Int(size)])
    }
}
