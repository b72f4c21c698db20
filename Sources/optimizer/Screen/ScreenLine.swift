import Glibc
import Messages

/// How a piece of a line looks.
enum TextStyle: String {
    case plain = "0"
    case bold = "1"
    case dim = "2"
    case inverse = "7"
    case good = "32"
    case warning = "33"
    case bad = "31"
    case heading = "36"

    /// Whether the terminal is told nothing: always of colours where there are to be none. Bold, dim and inverse are no
    /// colours.
    func isPlain(hasColours: Bool) -> Bool {
        switch self {
        case .plain: true
        case .bold, .dim, .inverse: false
        case .good, .warning, .bad, .heading: !hasColours
        }
    }

    /// False where the user wants no colours (https://no-color.org).
    static let hasColours = unsafe getenv("NO_COLOR").map { unsafe $0.pointee == 0 } ?? true
}

/// One line of a screen: pieces of text, each in its style. Every character is one column wide.
struct ScreenLine {
    private(set) var pieces: [(text: String, style: TextStyle)] = []

    init() {}

    init(_ text: String, _ style: TextStyle = .plain) {
        add(text, style)
    }

    var width: Int { pieces.reduce(0) { $0 + $1.text.count } }

    /// Adds a piece. What came from outside cannot move the cursor or colour the terminal.
    mutating func add(_ text: String, _ style: TextStyle = .plain) {
        pieces.append((text.escapedForTerminal, style))
    }

    func adding(_ text: String, _ style: TextStyle = .plain) -> ScreenLine {
        var line = self
        line.add(text, style)
        return line
    }

    /// The line as a terminal takes it; one of more than so many columns is cut, and ends with a mark that says so.
    func rendered(columns: Int, hasColours: Bool = TextStyle.hasColours) -> String {
        let isCut = width > columns
        var left = isCut ? columns - 1 : columns
        var text = ""
        for piece in pieces where left > 0 {
            let shown = piece.text.prefix(left)
            left -= shown.count
            let isPlain = piece.style.isPlain(hasColours: hasColours)
            text += isPlain ? String(shown) : "\u{1B}[\(piece.style.rawValue)m\(shown)\u{1B}[0m"
        }
        return isCut ? text + "\u{1B}[\(TextStyle.inverse.rawValue)m>\u{1B}[0m" : text
    }

    /// The line without its styles.
    var text: String { pieces.map { $0.text }.joined() }
}
