import CXML2

/// How the C library hands out memory while document after document is read.
public enum DocumentMemory {
    /// Keeps what is freed for the next document, up to 32 MiB, instead of giving it back to the system and getting it
    /// again page by page: for programs that read many documents in a row. Call it once, at the start.
    public static func keepFreed() {
        cxml2_set_freed_memory(8 << 20, 32 << 20)
    }

    /// Gives what is freed back to the system at once where it is large, and beyond 4 MiB where it is small: for a program
    /// that reads many documents side by side. Left alone, the C library learns from the first large document to keep up to
    /// 64 MiB in each thread's share of the memory. Call it once, at the start.
    public static func keepLittle() {
        cxml2_set_freed_memory(1 << 20, 4 << 20)
    }

    /// Gives what is free back to the system: for a program that goes on for years after it has read a large document.
    /// It takes some milliseconds, during which allocations of other threads may wait.
    public static func giveBack() { cxml2_give_back_freed_memory() }
}
