package dev.rollcall.agent.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import org.junit.jupiter.api.Test;

class ReadBudgetTest {
    private static final int MIB = 1 << 20;

    private final ReadBudget budget = new ReadBudget(4 * MIB);

    @Test
    void anAnswerCountsTwiceUntilItIsHandedOver() {
        try (ReadBudget.Share share = budget.new Share()) {
            share.by(MIB);
            assertTrue(budget.takenBytes() >= 2 * MIB);
        }
        assertEquals(0, budget.takenBytes());
    }

    @Test
    void oneThatIsTooLargeIsToldToAskForParts() {
        try (ReadBudget.Share share = budget.new Share()) {
            share.by(MIB);
            EtcdException refusal = assertThrows(EtcdException.class, () -> share.by(MIB + 1));
            assertEquals(8, refusal.code());
            assertTrue(refusal.text().contains("ask for parts"), refusal.text());
        }
        assertEquals(0, budget.takenBytes());
    }

    @Test
    void manyTogetherAreRefusedUntilOneIsDone() {
        ReadBudget.Share first = budget.new Share();
        first.by(3 * MIB / 2);
        try (ReadBudget.Share second = budget.new Share()) {
            EtcdException refusal = assertThrows(EtcdException.class, () -> second.by(MIB));
            assertEquals(EtcdError.TOO_MANY_REQUESTS.text(), refusal.text());
        }
        first.close();
        try (ReadBudget.Share third = budget.new Share()) {
            third.by(MIB);
        }
        assertEquals(0, budget.takenBytes());
    }
}
