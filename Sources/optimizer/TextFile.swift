import Glibc

/// Small text files.
enum TextFile {
    /// Writes the whole file under another name first, so that a reader sees all of it or nothing.
    static func write(_ text: String, to path: String) -> Bool {
        let draft = "\(path).\(getpid())"
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        let error = Output.write(descriptor, Array(text.utf8))
        guard close(descriptor) == 0, error == 0, unsafe rename(draft, path) == 0 else {
            unsafe unlink(draft)
            return false
        }
        return true
    }
}
