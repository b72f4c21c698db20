import CLinux
import Glibc

/// The terminal on standard output, for as long as a program draws whole screens on it.
///
/// While it is taken, it shows the alternate screen without a cursor, and standard input gives keys one by one without
/// echo. Ctrl-C then is a key too (byte 3), so that nothing can end the program behind the terminal's back.
package final class Terminal {
    package struct Size: Equatable, Sendable {
        package let columns: Int
        package let rows: Int

        package init(columns: Int, rows: Int) {
            self.columns = columns
            self.rows = rows
        }
    }

    private static let output: Int32 = 1
    private static let input: Int32 = 0

    /// How the input was; nil where it is no terminal and gives no keys.
    private var original: termios?
    private var isRestored = false

    /// Whether a program can draw here: standard output is a terminal that understands control sequences, and this
    /// process is in front of it (a process in the background would be stopped for touching it).
    package static var isUsable: Bool {
        guard isatty(output) == 1 else { return false }
        let kind = unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? "dumb"
        return kind != "dumb" && !kind.isEmpty && tcgetpgrp(output) == getpgrp()
    }

    /// Whether it shows more than ASCII, by the locale.
    package static var isUnicode: Bool {
        for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
            // The first that is set counts, whatever the others say.
            guard let value = unsafe getenv(name).map({ unsafe String(cString: $0) }), !value.isEmpty else { continue }
            return ["UTF-8", "UTF8"].contains { value.uppercased().hasSuffix($0) }
        }
        return false
    }

    /// Takes the terminal: alternate screen, no cursor, no echo.
    package init() {
        if isatty(Self.input) == 1, tcgetpgrp(Self.input) == getpgrp() {
            var settings = termios()
            if unsafe tcgetattr(Self.input, &settings) == 0 {
                original = settings
                settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
                settings.c_iflag &= ~tcflag_t(IXON)
                unsafe tcsetattr(Self.input, TCSANOW, &settings)
            }
        }
        Self.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J")
    }

    deinit {
        restore()
    }

    /// Gives the terminal back as it was. A second call changes nothing.
    package func restore() {
        guard !isRestored else { return }
        isRestored = true
        Self.write("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l")
        // Keys that were pressed and not read do not go to the shell.
        if var original { unsafe tcsetattr(Self.input, TCSAFLUSH, &original) }
    }

    /// How large it is now; 80×24 where it does not say.
    package var size: Size {
        var columns: Int32 = 0
        var rows: Int32 = 0
        guard unsafe linux_terminal_size(Self.output, &columns, &rows) == 0 else { return Size(columns: 80, rows: 24) }
        return Size(columns: Int(columns), rows: Int(rows))
    }

    /// Writes control sequences and text as they are.
    package func write(_ text: String) { Self.write(text) }

    /// The keys pressed since the last call, as the terminal sends them. Never waits.
    package func keys() -> [UInt8] {
        guard original != nil else { return [] }
        var waited = pollfd(fd: Self.input, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&waited, 1, 0) > 0 else { return [] }
        return unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            let count = unsafe read(Self.input, buffer.baseAddress, buffer.count)
            return unsafe count > 0 ? Array(buffer[..<count]) : []
        }
    }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var written = 0
            while written < bytes.count {
                let count = unsafe Glibc.write(output, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if count < 0 {
                    // A terminal that is gone takes nothing more.
                    guard errno == EINTR else { return }
                } else {
                    written += count
                }
            }
        }
    }
}
