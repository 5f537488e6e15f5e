package dev.rollcall.storage.sqlite;

import static dev.rollcall.storage.sqlite.Logs.entries;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class DurableIndexTest {
    private final DurableIndex durable = new DurableIndex(10);

    private void handIn(long seq, long first, long last) {
        durable.handedIn(Logs.write(seq, 1, entries(first, last, 1)));
    }

    @Test
    void itFollowsTheDiskNotWhatIsHandedIn() {
        assertEquals(10, durable.get());
        handIn(1, 11, 12);
        handIn(2, 13, 13);
        assertEquals(10, durable.get());
        durable.durable(1, 12);
        assertEquals(12, durable.get());
        durable.durable(2, 13);
        assertEquals(13, durable.get());
    }

    @Test
    void aCutLowersItBeforeItIsDurable() {
        handIn(1, 8, 9);
        assertEquals(7, durable.get());
        durable.durable(1, 9);
        assertEquals(9, durable.get());
    }

    @Test
    void writesBeforeACutDoNotRaiseItAgain() {
        handIn(1, 11, 20);
        handIn(2, 15, 16);
        assertEquals(10, durable.get());
        durable.durable(1, 20);
        assertEquals(14, durable.get());
        durable.durable(2, 16);
        assertEquals(16, durable.get());
    }

    @Test
    void theLowestOfSeveralCutsCountsUntilTheLastIsDurable() {
        handIn(1, 5, 9);
        handIn(2, 8, 8);
        durable.durable(1, 9);
        assertEquals(4, durable.get());
        durable.durable(2, 8);
        assertEquals(8, durable.get());
    }

    @Test
    void hardStateAloneChangesNothing() {
        durable.handedIn(Logs.write(1, 2, List.of()));
        durable.durable(1, 10);
        assertEquals(10, durable.get());
    }
}
