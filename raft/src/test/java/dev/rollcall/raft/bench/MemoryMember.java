package dev.rollcall.raft.bench;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.core.RaftConfig;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.LogStore;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.driver.RaftDriver;
import dev.rollcall.raft.driver.RecoveredLog;
import dev.rollcall.raft.driver.SnapshotStore;
import dev.rollcall.raft.driver.StateMachine;
import dev.rollcall.raft.driver.Transport;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;

/** One member of a {@link MemoryCluster}: a driver whose ports do next to nothing. */
final class MemoryMember implements LogStore, Transport, StateMachine {
    private final MemoryCluster cluster;
    private final ArrayDeque<Message> inbox = new ArrayDeque<>();
    private final RaftDriver driver;
    private long written;
    private long persisted;
    private long handed;
    private long applied;
    private long commands;
    private boolean dirty;

    MemoryMember(long id, Membership membership, MemoryCluster cluster) {
        this.cluster = cluster;
        this.driver = new RaftDriver(
                RaftConfig.defaults(id),
                membership,
                RecoveredLog.EMPTY,
                0,
                this,
                this,
                this,
                SnapshotStore.none(),
                new SplittableRandom(id));
    }

    boolean leads() {
        return driver.softState().role() == Role.LEADER;
    }

    /** Commands handed to the state machine. */
    long commandsApplied() {
        return commands;
    }

    /** Highest index handed to the state machine. */
    long lastApplied() {
        return handed;
    }

    void tick() {
        driver.tick();
        dirty = true;
    }

    ProposeResult propose(byte[] command) {
        dirty = true;
        return driver.propose(List.of(command));
    }

    void arrived(Message message) {
        inbox.add(message);
    }

    /** Takes all that has arrived and been completed, then flushes once. False if there was nothing to do. */
    boolean turn() {
        boolean worked = dirty || !inbox.isEmpty();
        dirty = false;
        for (Message message = inbox.poll(); message != null; message = inbox.poll()) {
            driver.receive(message);
        }
        if (written > persisted) {
            worked = true;
            persisted = written;
            driver.persisted(persisted);
        }
        if (handed > applied) {
            worked = true;
            applied = handed;
            driver.applied(applied);
        }
        if (worked) {
            driver.flush();
        }
        return worked;
    }

    @Override
    public void append(LogWrite write) {
        written = write.seq();
    }

    @Override
    public void load(long first, long lastInclusive, int maxBytes) {
        throw new IllegalStateException("entries " + first + " to " + lastInclusive + " were not kept");
    }

    @Override
    public void send(List<Message> messages) {
        messages.forEach(cluster::carry);
    }

    @Override
    public void apply(List<Entry> committed) {
        handed = committed.get(committed.size() - 1).index();
        for (Entry entry : committed) {
            if (entry.data().length > 0) {
                commands++;
            }
        }
    }

    @Override
    public void restored(SnapshotMeta snapshot) {
        throw new IllegalStateException("nobody takes snapshots here");
    }

    @Override
    public void leadership(SoftState now) {}

    @Override
    public void readReady(long id, long index) {}

    @Override
    public void readFailed(long id) {}
}
