/// Why a byte sequence is not the JSON that was asked for, and where.
package struct JSONProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// Position in the document, in bytes from 0.
    package let offset: Int
    /// What is wrong and what would be right.
    package let message: String

    package init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }

    package var description: String { "byte \(offset): \(message)" }
}
