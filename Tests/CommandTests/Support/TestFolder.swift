import TestSupport

/// A directory of one test's own, gone with everything in it when the test ends.
final class TestFolder {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    var path: String { folder.root }

    func file(_ name: String) -> String { folder.path(name) }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try folder.write(Array(text.utf8), to: name)
        return file(name)
    }

    /// Empty where there is no such file.
    func read(_ name: String) -> String { String(decoding: folder.read(name), as: UTF8.self) }
}
