package dev.rollcall.storage.sqlite;

import java.nio.file.Path;

/**
 * A file does not hold what was once made durable in it. Nothing is repaired or cut: entries that this member has
 * acknowledged may be gone, so it must come back as a new member.
 */
public final class DamagedException extends IllegalStateException {
    private final String what;

    /**
     * @param file the damaged file
     * @param what what is wrong in it
     */
    public DamagedException(Path file, String what) {
        super(message(file, what));
        this.what = what;
    }

    public DamagedException(Path file, String what, Throwable cause) {
        super(message(file, what), cause);
        this.what = what;
    }

    /** The same of the file that this one was copied from: a copy is made of what is there. */
    DamagedException ofSource(Path source) {
        return new DamagedException(source, what, this);
    }

    private static String message(Path file, String what) {
        return file + " is damaged: " + what
                + ". Acknowledged data may be lost here, so this member must not go on with it:"
                + " remove the member from the cluster, move " + file.getParent() + " away, and add the member again";
    }
}
