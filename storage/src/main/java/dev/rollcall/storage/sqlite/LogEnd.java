package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.driver.LogWrite;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * {@code log.end}: how far the log was durable. Of a WAL that is cut off, or whose last transaction is damaged, SQLite believes
 * that a crash has torn it, and the log alone cannot tell whether what is missing had been acknowledged. So after each commit,
 * before anybody hears of it, its end is noted here.
 *
 * <p>Nothing is synced: a process that is killed leaves what it wrote, a loss of power an earlier note, and what was durable
 * then is so still. Only before entries are replaced the note is taken back durably, for it would not stay true.
 *
 * <p>Layout, big-endian: index of the last entry, term, vote, checksum. One that does not match says nothing. One thread at a
 * time.
 */
final class LogEnd implements AutoCloseable {
    static final String NAME = "log.end";

    private static final Logger LOG = LoggerFactory.getLogger(LogEnd.class);
    private static final int BYTES = 4 * Long.BYTES;

    private final Path path;
    private final FileChannel channel;
    private final ByteBuffer note = ByteBuffer.allocateDirect(BYTES);
    private final Checksum checksum = new Checksum();
    private long index;
    private boolean warned;

    private LogEnd(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Opens the note, and makes it if there is none.
     *
     * @throws DamagedException if the log holds less than it held once
     */
    static LogEnd open(Path directory, LogFile log) throws IOException {
        Path path = directory.resolve(NAME);
        PrivateFiles.createFile(path);
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        LogEnd end = new LogEnd(path, channel);
        try {
            end.check(log);
            return end;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void check(LogFile log) throws IOException {
        while (note.hasRemaining() && channel.read(note, note.position()) >= 0) {
            // More of it may come.
        }
        boolean whole = !note.hasRemaining();
        note.flip();
        if (!whole || note.getLong(24) != crc(note.getLong(0), note.getLong(8), note.getLong(16))) {
            return;
        }
        index = note.getLong(0);
        long term = note.getLong(8);
        long vote = note.getLong(16);
        HardState found = log.hard().state();
        if (log.lastIndex() < index) {
            throw new DamagedException(
                    log.path(), "it ends at entry " + log.lastIndex() + " but entry " + index + " was durable");
        }
        if (found.term() < term || (found.term() == term && vote != 0 && found.vote() != vote)) {
            throw new DamagedException(
                    log.path(),
                    "it has forgotten a term or a vote: it is in term " + found.term() + ", was in " + term);
        }
    }

    /** These are about to be written: takes back, durably, what they replace. */
    void beforeWriting(List<LogWrite> group) {
        long kept = index;
        for (LogWrite write : group) {
            if (write.snapshot() != null) {
                kept = Math.min(kept, write.snapshot().index());
            }
            if (!write.entries().isEmpty()) {
                kept = Math.min(kept, write.entries().get(0).index() - 1);
            }
        }
        if (kept < index) {
            try {
                put(kept, 0, 0);
                channel.force(false);
            } catch (IOException e) {
                throw new UncheckedIOException("I/O error while writing " + path + ": " + e.getMessage(), e);
            }
        }
    }

    /** All of the log is durable as it is. What cannot be noted is no reason to stop: the note before it is true as well. */
    void durable(LogFile log) {
        HardState state = log.hard().state();
        try {
            put(log.lastIndex(), state.term(), state.vote());
        } catch (IOException e) {
            LOG.atLevel(warned ? Level.DEBUG : Level.WARN)
                    .log("the log's end is not noted in {}: {}", path, e.getMessage());
            warned = true;
        }
    }

    private void put(long last, long term, long vote) throws IOException {
        index = last;
        note.clear()
                .putLong(last)
                .putLong(term)
                .putLong(vote)
                .putLong(crc(last, term, vote))
                .flip();
        while (note.hasRemaining()) {
            channel.write(note, note.position());
        }
    }

    private long crc(long last, long term, long vote) {
        return checksum.start().add(last).add(term).add(vote).value();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
