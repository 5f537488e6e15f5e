package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberAddResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members of a cluster of real processes come and go while every one of them is written to. */
class MembershipIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private LiveCluster cluster;

    @BeforeEach
    void start() {
        cluster = new LiveCluster(directory).start();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void everyMemberMayChangeUnderWritersAndKills() {
        Node n1 = cluster.node("n1");
        Node n2 = cluster.node("n2");
        Node n3 = cluster.node("n3");
        Node n4 = cluster.node("n4");
        LiveWriters writers = new LiveWriters(cluster).at(n1).at(n2).at(n3);
        try (writers) {
            MemberAddResponse added = cluster.add(n4, true, n2);
            assertEquals("", added.getMember().getName());
            assertTrue(added.getMember().getIsLearner());
            List<Node> four = List.of(n1, n2, n3, n4);
            n4.start("existing", four);
            n4.awaitLog("ready to serve client requests");
            kill(writers, n4);
            long learner = added.getMember().getID();
            cluster.promote(learner, n3);
            cluster.awaitServing(n4);
            writers.at(n4).awaitProgress();

            Node leader = cluster.leader(n4);
            Node follower =
                    four.stream().filter(node -> node != leader).findFirst().orElseThrow();
            kill(writers, follower);

            Node gone = cluster.leader(n4) == n4 ? n1 : cluster.leader(n4);
            Node asked = gone == n2 ? n3 : n2;
            long former = cluster.id(gone, asked);
            writers.leave(gone);
            cluster.remove(former, asked);
            assertEquals(1, gone.process.awaitExit());
            assertTrue(gone.process.log().contains("was removed from its cluster"), gone.process.log());
            writers.awaitProgress();
            gone.start("new", List.of(n1, n2, n3));
            assertEquals(1, gone.process.awaitExit(), "it says the same at once");

            gone.wipe();
            Member again = cluster.add(gone, false, n4).getMember();
            assertNotEquals(former, again.getID(), "an id is never used again");
            gone.start("existing", four);
            cluster.awaitServing(gone);
            writers.at(gone).awaitProgress();

            kill(writers, cluster.leader(gone));
            writers.awaitProgress();
            writers.assertNothingFailedOrIsLost(four);
        }
    }

    /** Kills a member and brings it back; nobody writes at it meanwhile, and everybody else does. */
    private void kill(LiveWriters writers, Node node) {
        boolean written = writers.isAt(node);
        writers.leave(node);
        node.process.kill();
        writers.awaitProgress();
        node.process.start();
        if (written) {
            cluster.awaitServing(node);
            writers.at(node).awaitProgress();
        }
    }

    @Test
    void aMemberThatLostItsDirectoryComesBackAsANewOne() {
        Node n1 = cluster.node("n1");
        Node n2 = cluster.node("n2");
        Node n3 = cluster.node("n3");
        List<Node> three = List.of(n1, n2, n3);
        LiveWriters writers = new LiveWriters(cluster).at(n1).at(n2).at(n3);
        try (writers) {
            writers.awaitProgress();
            writers.leave(n3);
            long former = cluster.id(n3, n1);
            n3.process.kill();
            n3.wipe();
            n3.start("new", three);
            assertEquals(1, n3.process.awaitExit());
            assertTrue(n3.process.log().contains("remove and add this member"), n3.process.log());
            n3.wipe();
            n3.start("existing", three);
            assertEquals(1, n3.process.awaitExit());
            assertTrue(n3.process.log().contains("has run before, with another data directory"), n3.process.log());

            cluster.remove(former, n1);
            n3.start("existing", three);
            assertEquals(1, n3.process.awaitExit());
            assertTrue(n3.process.log().contains("add it first with member add"), n3.process.log());

            Node n4 = cluster.node("n4");
            long id = cluster.add(n4, false, n2).getMember().getID();
            cluster.update(id, n3.peer, n1);
            n3.start("existing", three);
            cluster.awaitServing(n3);
            writers.at(n3).awaitProgress();
            writers.assertNothingFailedOrIsLost(three);
        }
    }

    /** Members that move one after the other while a third sleeps: it finds them where its table does not have them. */
    @Test
    void membersMoveWhileAnotherIsAway() {
        Node n1 = cluster.node("n1");
        Node n2 = cluster.node("n2");
        Node n3 = cluster.node("n3");
        List<Node> three = List.of(n1, n2, n3);
        LiveWriters writers = new LiveWriters(cluster).at(n1).at(n2);
        try (writers) {
            n3.process.kill();
            for (Node node : List.of(n1, n2)) {
                Node other = node == n1 ? n2 : n1;
                long id = cluster.id(node, other);
                writers.leave(node);
                writers.leave(other);
                node.move();
                cluster.update(id, node.peer, other);
                node.process.kill();
                node.start("existing", List.of(node));
                cluster.awaitServing(node);
                cluster.awaitServing(other);
                writers.at(node).at(other).awaitProgress();
            }
            n3.process.start();
            cluster.awaitServing(n3);
            writers.at(n3).awaitProgress();
            writers.assertNothingFailedOrIsLost(three);
        }
    }
}
