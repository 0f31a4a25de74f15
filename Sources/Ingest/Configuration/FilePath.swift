enum FilePath {
    /// `..` stays, for what it means behind a symbolic link only the file system knows.
    static func absolute(_ path: String, from folder: String) -> String {
        let path = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        return "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// The folder of a file; of a bare name, "".
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// How the user would name a file that another one names: both relative, or the one absolute.
    static func shown(_ path: String, from file: String) -> String {
        let folder = folder(of: file)
        if path.hasPrefix("/") || folder.isEmpty { return path }
        return folder == "/" ? "/\(path)" : "\(folder)/\(path)"
    }

    /// In lower case, without its dot.
    static func suffix(of path: String) -> String {
        guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return "" }
        return path[dot...].dropFirst().lowercased()
    }

    /// An absolute path without `..`: what tells whether two paths name one file, links aside.
    static func identity(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
