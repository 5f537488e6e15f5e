package dev.rollcall.storage.sqlite;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.driver.RecoveredLog;
import dev.rollcall.storage.apply.Command;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;

/**
 * A member with real files, and everything above them on the test's own thread: entries are committed and applied as soon as
 * they are durable.
 */
final class DiskMember implements AutoCloseable {
    static final long CLUSTER = 7;
    /** Small, so that most values are read from the file. */
    static final StateLimits LIMITS = new StateLimits(4 << 10, 64 << 10);

    /** What the snapshots' thread has reported. */
    sealed interface Report {}

    record Prepared(SnapshotMeta copy) implements Report {}

    record Unavailable() implements Report {}

    record Read(SnapshotMeta copy, long offset, byte[] bytes) implements Report {}

    record Written(SnapshotMeta snapshot, long through) implements Report {}

    record Verified(SnapshotMeta snapshot, boolean good) implements Report {}

    final Path path;
    final Logs.Reports logReports = new Logs.Reports();
    final BlockingQueue<Report> reports = new LinkedBlockingQueue<>();
    final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    final DataDirectory directory;
    final SqliteLog log;
    final ReplicatedState state;
    final RecoveredLog recovered;
    final SqliteSnapshots snapshots;
    final Checkpointer checkpointer;
    volatile SqliteState file;
    private States.Flushes flushes = new States.Flushes();
    private long term;
    private long seq;
    private long last;

    DiskMember(Path path) {
        this(path, 64L << 20);
    }

    DiskMember(Path path, long bytesPerSecond) {
        this.path = path;
        directory = DataDirectory.open(path);
        log = SqliteLog.open(directory, new Identity(CLUSTER, 1));
        SqliteState opened = SqliteState.open(directory, directory.stateFileName(), log::durableIndex);
        file = opened;
        StateImage image = opened.image();
        state = ReplicatedState.recover(image, opened, LIMITS);
        if (state.members().isEmpty()) {
            state.bootstrap(List.of(new MemberRow(1, "", MemberRole.VOTER, List.of("http://one:2380"), List.of())));
        }
        recovered = log.recover(image.meta());
        term = Math.max(1, recovered.hardState().term());
        last = recovered.lastIndex();
        log.start(logReports);
        opened.start(flushes, failures::add);
        checkpointer = Checkpointer.start(log, opened, failures::add);
        snapshots = new SqliteSnapshots(directory, log, () -> file, state::applied, LIMITS, bytesPerSecond);
        snapshots.start(new Reporting(), failures::add);
        for (Entry entry : recovered.tail()) {
            if (entry.index() > state.applied()) {
                state.apply(entry);
                file.submit(state.seal());
            }
        }
    }

    void term(long now) {
        term = now;
    }

    long last() {
        return last;
    }

    void put(String key, String value) {
        submit(
                CommandKind.PUT,
                PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setValue(ByteString.copyFromUtf8(value))
                        .build());
    }

    void submit(CommandKind kind, MessageLite body) {
        Command command = new Command(kind, last + 1, 1, 0, term, "", body.toByteString());
        Entry entry = new Entry(last + 1, term, EntryKind.NORMAL, command.encode());
        log.append(new LogWrite(++seq, new HardState(term, 1, last), List.of(entry)));
        last++;
        logReports.awaitPersisted(seq);
        state.apply(entry);
        file.submit(state.seal());
    }

    /** Waits until the state file holds everything applied, and says so. */
    void awaitFlushed() {
        flushes.await(state.applied());
        state.flushed(state.applied());
    }

    /** Runs this after the next flush, on the state writer's thread. */
    Future<?> afterNextFlush(Callable<?> action) {
        return flushes.next(action);
    }

    String get(String key) {
        RangeRequest request =
                RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
        var found = state.kv().range(request).body().getKvsList();
        return found.isEmpty() ? "" : found.get(0).getValue().toStringUtf8();
    }

    <T extends Report> T next(Class<T> kind) {
        Report report = States.poll(reports);
        if (!kind.isInstance(report)) {
            throw new AssertionError("expected " + kind + ", got " + report);
        }
        return kind.cast(report);
    }

    /** Sends a copy of this member's state to another, piece by piece; it is there, checked and ready afterwards. */
    SnapshotMeta sendTo(DiskMember to, int pieceBytes) {
        snapshots.prepare();
        SnapshotMeta copy = next(Prepared.class).copy();
        long from = to.snapshots.received(copy);
        for (long at = from; at < copy.sizeBytes(); at += pieceBytes) {
            sendPiece(to, copy, at, pieceBytes);
        }
        to.snapshots.verify(copy);
        return copy;
    }

    void sendPiece(DiskMember to, SnapshotMeta copy, long at, int pieceBytes) {
        snapshots.read(2, copy, at, (int) Math.min(pieceBytes, copy.sizeBytes() - at));
        Read piece = next(Read.class);
        to.snapshots.write(copy, at, piece.bytes());
        to.next(Written.class);
    }

    /** The one durable step that makes the log follow the snapshot. */
    void switchTo(SnapshotMeta snapshot) {
        term = Math.max(term, snapshot.term());
        log.append(new LogWrite(++seq, new HardState(term, 0, snapshot.index()), snapshot, List.of()));
        logReports.awaitPersisted(seq);
        last = snapshot.index();
    }

    /** What the apply thread does then. */
    void adopt(SnapshotMeta snapshot) {
        SqliteSnapshots.Generation next = snapshots.take(snapshot);
        flushes = new States.Flushes();
        next.file().start(flushes, failures::add);
        state.adopt(next.state());
        SqliteState old = file;
        file = next.file();
        checkpointer.replace(old, next.file());
        snapshots.retire(old);
    }

    /** What a crash of the process at this moment would leave. */
    static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.list(from)) {
            Files.createDirectories(to);
            for (Path each : files.filter(Files::isRegularFile).toList()) {
                if (!each.toString().endsWith("-shm")) {
                    Files.copy(each, to.resolve(each.getFileName()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        snapshots.close();
        checkpointer.close();
        log.close();
        file.close();
        directory.close();
    }

    private final class Reporting implements SqliteSnapshots.Completions {
        @Override
        public void prepared(SnapshotMeta copy) {
            reports.add(new Prepared(copy));
        }

        @Override
        public void unavailable() {
            reports.add(new Unavailable());
        }

        @Override
        public void read(long to, SnapshotMeta copy, long offset, byte[] bytes) {
            reports.add(new Read(copy, offset, bytes));
        }

        @Override
        public void written(SnapshotMeta snapshot, long through) {
            reports.add(new Written(snapshot, through));
        }

        @Override
        public void verified(SnapshotMeta snapshot, boolean good) {
            reports.add(new Verified(snapshot, good));
        }
    }
}
