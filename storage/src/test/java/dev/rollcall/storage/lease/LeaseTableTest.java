package dev.rollcall.storage.lease;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.apply.LeaseRow;
import org.junit.jupiter.api.Test;

class LeaseTableTest {
    private static final byte[] KEY = {1};

    private final LeaseTable table = new LeaseTable();

    @Test
    void whatItTakesGrowsAndShrinksWithLeasesAndKeys() {
        table.grant(new LeaseRow(7, 60, 1));
        long alone = table.bytes();
        assertTrue(alone > 0);
        table.attach(7, KEY);
        long withKey = table.bytes();
        assertTrue(withKey > alone);
        // Once more is the same key.
        table.attach(7, KEY);
        assertEquals(withKey, table.bytes());
        LeaseTable successor = new LeaseTable();
        successor.adopt(table);
        assertEquals(withKey, successor.bytes());
        table.detach(7, KEY);
        table.detach(7, KEY);
        assertEquals(alone, table.bytes());
        table.remove(7);
        assertEquals(0, table.bytes());
    }
}
