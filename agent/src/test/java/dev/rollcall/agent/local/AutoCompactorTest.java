package dev.rollcall.agent.local;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.config.AgentConfig.AutoCompaction;
import dev.rollcall.agent.member.AutoCompactor;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.proto.PutRequest;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AutoCompactorTest {
    private final Vertx vertx = Vertx.vertx();
    private final FakeMember member = new FakeMember(vertx);
    private final AtomicLong nanos = new AtomicLong();

    @AfterEach
    void close() {
        member.close();
        vertx.close();
    }

    private AutoCompactor compactor(AutoCompaction config) {
        return new AutoCompactor(config, member.kv(), member, member, nanos::get);
    }

    private void write(int times) {
        PutRequest put =
                PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build();
        for (int i = 0; i < times; i++) {
            member.apply(CommandKind.PUT, put.toByteArray());
        }
    }

    private long compactRevision() {
        return member.onApply(() -> member.kv().compactRevision());
    }

    @Test
    void whatIsOlderThanTheRetentionGoes() {
        AutoCompactor compactor = compactor(new AutoCompaction(AutoCompaction.Mode.PERIODIC, Duration.ofHours(1), 0));
        write(4); // revision 5
        compactor.look();
        nanos.addAndGet(Duration.ofMinutes(30).toNanos());
        write(4); // revision 9
        compactor.look();
        assertEquals(0, compactRevision());
        nanos.addAndGet(Duration.ofMinutes(30).toNanos());
        compactor.look();
        assertEquals(5, compactRevision());
        nanos.addAndGet(Duration.ofMinutes(30).toNanos());
        compactor.look();
        assertEquals(9, compactRevision());
    }

    @Test
    void soManyRevisionsStay() {
        AutoCompactor compactor = compactor(new AutoCompaction(AutoCompaction.Mode.REVISION, Duration.ZERO, 3));
        compactor.look();
        assertEquals(0, compactRevision());
        write(9); // revision 10
        compactor.look();
        assertEquals(7, compactRevision());
    }

    @Test
    void onlyTheLeaderCompacts() {
        AutoCompactor compactor = compactor(new AutoCompaction(AutoCompaction.Mode.REVISION, Duration.ZERO, 3));
        write(9);
        member.soft = new SoftState(FakeMember.TERM, 0xB2, Role.FOLLOWER);
        compactor.look();
        assertEquals(0, compactRevision());
    }
}
