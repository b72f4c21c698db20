import System

/// Whole screens drawn one over the other, and the keys pressed meanwhile.
final class Screen {
    enum Key: Equatable {
        case character(Character)
        /// Ctrl-C or Ctrl-D.
        case interrupt
    }

    private let terminal: Terminal
    private var drawnSize: Terminal.Size?

    /// nil where standard output is nothing to draw on.
    init?() {
        guard Terminal.isUsable else { return nil }
        terminal = Terminal()
    }

    /// Draws the lines from the top; what does not fit is cut off.
    func draw(_ lines: [ScreenLine]) {
        let size = terminal.size
        // After a change of size the terminal has moved what was drawn, in a way of its own.
        var text = size == drawnSize ? "" : "\u{1B}[2J"
        drawnSize = size
        for (row, line) in lines.prefix(size.rows).enumerated() {
            text += "\u{1B}[\(row + 1);1H" + line.rendered(columns: size.columns)
            // A full line leaves the cursor on its last column, which clearing would take away again.
            if line.width < size.columns { text += "\u{1B}[K" }
        }
        if lines.count < size.rows { text += "\u{1B}[\(lines.count + 1);1H\u{1B}[J" }
        terminal.write(text)
    }

    var size: Terminal.Size { terminal.size }

    /// The keys pressed since the last call. Arrows and the like are left out.
    func keys() -> [Key] {
        var keys: [Key] = []
        var isInSequence = false
        for byte in terminal.keys() {
            switch byte {
            case 3, 4: keys.append(.interrupt)
            case 0x1B: isInSequence = true
            case _ where isInSequence:
                // ESC [ … ends with a letter or a tilde.
                if byte != UInt8(ascii: "["), byte != UInt8(ascii: "O"), byte >= 0x40 { isInSequence = false }
            case 0x20..<0x7F: keys.append(.character(Character(Unicode.Scalar(byte))))
            default: break
            }
        }
        return keys
    }

    /// Gives the terminal back as it was.
    func close() { terminal.restore() }
}
