import Glibc
import Hosting
import Scheduling
import System
import TestSupport
import Testing

/// A terminal of 80×24 (or as asked) under tmux, with a shell in it.
final class TerminalSession {
    private let directory: TemporaryDirectory
    private var isOpen = false

    /// Whether the machine has tmux.
    static var isAvailable: Bool {
        let places: [String] = ["/usr/bin/tmux", "/usr/local/bin/tmux", "/bin/tmux"]
        return places.contains { access($0, X_OK) == 0 }
    }

    init(columns: Int = 80, rows: Int = 24) throws {
        directory = try TemporaryDirectory(prefix: "optimizer-tmux")
        try tmux(
            "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)",
            "PS1='$ ' TMPDIR=\(directory.path) exec /bin/sh")
        isOpen = true
    }

    deinit {
        if isOpen { _ = try? tmux("kill-server") }
    }

    /// Ends the shell and the terminal.
    func close() throws {
        isOpen = false
        try tmux("kill-server")
        #expect(eventually { Processes.mentioning(directory.path).isEmpty })
        directory.remove()
    }

    /// A file name for what a command in the terminal writes.
    func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    func type(_ line: String) throws { try tmux("send-keys", "-l", line) }

    /// Presses a key by tmux's name for it: `Enter`, `C-c`, `q`.
    func press(_ key: String) throws { try tmux("send-keys", key) }

    func resize(columns: Int, rows: Int) throws { try tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)") }

    /// What it shows now, line by line.
    var lines: [String] {
        let text = (try? tmux("capture-pane", "-p")) ?? ""
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    var text: String { lines.joined(separator: "\n") }

    func shows(_ text: String) -> Bool {
        eventually { self.text.contains(text) }
    }

    /// `1` or `0` for a flag of the terminal: `alternate_on`, `cursor_flag`.
    func flag(_ name: String) throws -> String {
        try tmux("display-message", "-p", "#{\(name)}").filter { !$0.isNewline }
    }

    @discardableResult
    private func tmux(_ words: String...) throws -> String {
        let output = path("tmux.out")
        unlink(output)
        // A server of our own, in a directory of our own, without anybody's configuration.
        let program = try ChildProgram(
            HostCommand(
                executable: "tmux", arguments: ["-u", "-S", path("socket"), "-f", "/dev/null"] + words,
                environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm"]),
            launcher: #require(ExecutablePath.beside("optimizer-host")), output: output)
        let status = program.wait(until: .now().adding(milliseconds: Patience.milliseconds))
        let text = FileContent.text(output)
        try #require(status == .exited(code: 0), "tmux \(words): \(text)")
        return text
    }
}
