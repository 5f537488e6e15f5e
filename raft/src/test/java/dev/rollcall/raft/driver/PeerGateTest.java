package dev.rollcall.raft.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.driver.Welcome.Verdict;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PeerGateTest {
    private static final DirectoryId MINE = new DirectoryId(0, 1);
    private static final DirectoryId FIRST = new DirectoryId(0, 2);
    private static final DirectoryId SECOND = new DirectoryId(0, 3);

    private final TreeSet<Long> removed = new TreeSet<>();
    private final PeerGreeting self = new PeerGreeting(1, 7, 1, 0, MINE);
    private final PeerGate gate = new PeerGate(self, Map.of(), removed::contains);

    @Test
    void aDirectoryIsBoundAtFirstContactAndForEver() {
        PeerGreeting greeting = from(2, FIRST);
        assertEquals(Welcome.BIND_FIRST, gate.greeted(greeting));
        assertEquals(Welcome.BIND_FIRST, gate.greeted(greeting), "asking has bound it");
        gate.bound(greeting);
        assertEquals(Welcome.WELCOME, gate.greeted(greeting));

        Welcome wiped = gate.greeted(from(2, SECOND));
        assertEquals(Verdict.OTHER_DIRECTORY, wiped.verdict());
        assertTrue(wiped.refused());
        assertTrue(wiped.why().contains("remove and add this member"), wiped.why());
        assertThrows(IllegalStateException.class, () -> gate.bound(from(2, SECOND)));
        assertEquals(Welcome.WELCOME, gate.greeted(greeting), "a wiped twin does not shut out the member itself");
    }

    @Test
    void bindingsOfAnEarlierLifeCount() {
        TreeMap<Long, DirectoryId> recovered = new TreeMap<>(Map.of(2L, FIRST));
        PeerGate restarted = new PeerGate(self, recovered, removed::contains);
        recovered.clear();
        assertEquals(Welcome.WELCOME, restarted.greeted(from(2, FIRST)));
        assertEquals(Verdict.OTHER_DIRECTORY, restarted.greeted(from(2, SECOND)).verdict());
    }

    @Test
    void whoWasRemovedIsToldSoWhateverItsDirectory() {
        gate.bound(from(2, FIRST));
        removed.add(2L);
        assertEquals(Verdict.REMOVED, gate.greeted(from(2, FIRST)).verdict());
        assertEquals(Verdict.REMOVED, gate.greeted(from(2, SECOND)).verdict());
    }

    @Test
    void strangersAndMisdirectedGreetingsAreRefused() {
        assertRefused(new PeerGreeting(2, 7, 2, 1, FIRST), "format 2");
        assertRefused(new PeerGreeting(1, 8, 2, 1, FIRST), "belongs to cluster 8");
        assertRefused(new PeerGreeting(1, 7, 2, 3, FIRST), "looks for member 3");
        assertRefused(new PeerGreeting(1, 7, 1, 1, FIRST), "greets itself");
        assertRefused(new PeerGreeting(1, 7, 0, 1, FIRST), "greets itself");
        assertFalse(gate.greeted(from(2, FIRST)).refused(), "a refusal binds nothing");
    }

    @Test
    void bothSidesOfAConversationAgree() {
        PeerGate other = new PeerGate(new PeerGreeting(1, 7, 2, 0, FIRST), Map.of(), id -> false);
        assertEquals(Verdict.BIND_FIRST, other.greeted(gate.greetingTo(2)).verdict());
        assertEquals(Verdict.BIND_FIRST, gate.greeted(other.greetingTo(1)).verdict());
        assertEquals(
                "00000000-0000-0000-0000-000000000001",
                gate.greetingTo(2).directory().toString());
    }

    private void assertRefused(PeerGreeting greeting, String words) {
        Welcome welcome = gate.greeted(greeting);
        assertEquals(Verdict.REFUSED, welcome.verdict());
        assertTrue(welcome.why().contains(words), welcome.why());
    }

    private static PeerGreeting from(long member, DirectoryId directory) {
        return new PeerGreeting(1, 7, member, 1, directory);
    }
}
