import Glibc
import Messages

/// Small text files.
enum TextFile {
    /// Writes the whole file under another name first, so that a reader sees all of it or nothing.
    static func write(_ text: String, to path: String) -> Bool {
        let draft = "\(path).\(getpid())"
        let descriptor = unsafe draft.withPath { unsafe open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) }
        guard descriptor >= 0 else { return false }
        let error = Output.write(descriptor, Array(text.utf8))
        guard close(descriptor) == 0, error == 0,
            unsafe draft.withPath({ draft in unsafe path.withPath { unsafe rename(draft, $0) } }) == 0
        else {
            _ = unsafe draft.withPath { unsafe unlink($0) }
            return false
        }
        return true
    }
}
