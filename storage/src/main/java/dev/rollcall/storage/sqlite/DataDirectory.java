package dev.rollcall.storage.sqlite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A member's directory on disk, held by one process at a time. Close it after everything opened in it.
 *
 * <pre>
 * LOCK          locked while a process holds the directory
 * log.db        the Raft log, hard state, and whose directory it is
 * log.end       how far the log was durable
 * state-1.db    the state machine's file
 * ballast       takes space, to be deleted when the disk runs full
 * native/       where the driver unpacks SQLite
 * </pre>
 */
public final class DataDirectory implements AutoCloseable {
    /*
     * Directories held by this process. A POSIX lock belongs to the process and is lost when any descriptor of the file is
     * closed, so a second attempt from within must not even open LOCK.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel lockFile;
    private final DiskSpace space;
    private final LogFile log;
    private final LogEnd logEnd;
    private final boolean fresh;

    private DataDirectory(Path path, FileChannel lockFile, DiskSpace space, LogFile log, LogEnd logEnd) {
        this.path = path;
        this.lockFile = lockFile;
        this.space = space;
        this.log = log;
        this.logEnd = logEnd;
        fresh = log.hard().identity() == null;
    }

    /**
     * Takes the directory, making it if there is none.
     *
     * @throws DataDirectoryException if it cannot be used; the message says why
     * @throws DamagedException if {@code log.db} is damaged
     */
    public static DataDirectory open(Path directory) {
        Path path = prepare(directory);
        if (!HELD.add(path)) {
            throw inUse(path);
        }
        FileChannel lockFile = null;
        LogFile opened = null;
        try {
            lockFile = lock(path);
            DiskSpace space = DiskSpace.of(path);
            unpackSqliteInto(path.resolve("native"));
            Path log = path.resolve(LogFile.NAME);
            WalScan.check(log);
            opened = LogFile.open(log, space.logTailBytes(LogFile.TAIL_BYTES_MAX));
            return new DataDirectory(path, lockFile, space, opened, LogEnd.open(path, opened));
        } catch (IOException e) {
            closeIfOpen(opened);
            release(path, lockFile);
            throw new DataDirectoryException("cannot use data directory " + path + ": " + reason(e), e);
        } catch (RuntimeException e) {
            closeIfOpen(opened);
            release(path, lockFile);
            throw e;
        }
    }

    private static void closeIfOpen(@Nullable LogFile log) {
        if (log != null) {
            log.close();
        }
    }

    /** Whether there is a store in this directory, without touching it. */
    public static boolean isUsed(Path directory) {
        return Files.exists(directory.resolve(LogFile.NAME));
    }

    public Path path() {
        return path;
    }

    /** Whether no member had ever started here when it was opened. */
    public boolean fresh() {
        return fresh;
    }

    /** Made with the directory: a member that comes back with another one has lost its disk. */
    public UUID directoryId() {
        return log.hard().directory();
    }

    /** Name of the state file that goes with the log, such as {@code state-1.db}. */
    public String stateFileName() {
        return log.hard().stateFile();
    }

    /** Room on the disk it is on. */
    public DiskSpace space() {
        return space;
    }

    LogFile log() {
        return log;
    }

    LogEnd logEnd() {
        return logEnd;
    }

    @Override
    public void close() {
        log.close();
        try {
            logEnd.close();
        } catch (IOException e) {
            throw new DataDirectoryException("cannot close " + LogEnd.NAME + " of " + path, e);
        } finally {
            release(path, lockFile);
        }
    }

    private static Path prepare(Path directory) {
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new DataDirectoryException("data directory " + directory + " is not a directory: name another");
        }
        if (directory.toString().indexOf('?') >= 0) {
            throw new DataDirectoryException("data directory " + directory + " must not have a '?' in its path");
        }
        try {
            PrivateFiles.createDirectory(directory);
            Path path = directory.toRealPath();
            if (!Files.isWritable(path)) {
                throw new DataDirectoryException(
                        "data directory " + path + " is not writable by " + System.getProperty("user.name"));
            }
            return path;
        } catch (IOException e) {
            throw new DataDirectoryException(
                    "cannot create data directory " + directory + ": " + reason(e)
                            + "; name one that this user can make or write",
                    e);
        }
    }

    private static FileChannel lock(Path path) throws IOException {
        Path file = path.resolve("LOCK");
        PrivateFiles.createFile(file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            throw inUse(path);
        }
        return channel;
    }

    /*
     * By default the driver unpacks its library into the system's temporary directory, where it stays for ever if the
     * process is killed, and where others may write.
     */
    private static void unpackSqliteInto(Path directory) throws IOException {
        PrivateFiles.emptyDirectory(directory);
        if (System.getProperty("org.sqlite.lib.path") == null && System.getProperty("org.sqlite.tmpdir") == null) {
            System.setProperty("org.sqlite.tmpdir", directory.toString());
        }
        SqliteLibrary.check();
    }

    private static DataDirectoryException inUse(Path path) {
        return new DataDirectoryException(
                "data directory " + path + " is in use by another process: stop that one, or name another directory");
    }

    /** In words: of most failures of a file the JDK's message is the path alone. */
    private static String reason(IOException e) {
        if (!(e instanceof FileSystemException failed)) {
            return String.valueOf(e.getMessage());
        }
        String file = failed.getFile();
        if (e instanceof NoSuchFileException) {
            return "there is no place for " + file;
        }
        if (e instanceof FileAlreadyExistsException || e instanceof NotDirectoryException) {
            return file + " is a file";
        }
        if (e instanceof AccessDeniedException) {
            return "no permission for " + file;
        }
        return file + ": " + failed.getReason();
    }

    private static void release(Path path, @Nullable FileChannel lockFile) {
        try {
            if (lockFile != null) {
                lockFile.close();
            }
        } catch (IOException e) {
            throw new DataDirectoryException("cannot unlock data directory " + path, e);
        } finally {
            HELD.remove(path);
        }
    }
}
