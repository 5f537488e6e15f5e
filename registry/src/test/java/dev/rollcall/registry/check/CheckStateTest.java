package dev.rollcall.registry.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rollcall.registry.check.CheckResult.Verdict;
import dev.rollcall.registry.model.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckStateTest {
    /** Rise 2, fall 3. Probes: Pass, Warn, Fail, Refused; statuses: first letters. */
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "P,       p",
        "W,       w",
        "FFFFFF,  ssssss",
        "RRFP,    sssp",
        "PFFP,    pppp",
        "PFFF,    pppc",
        "PFFPFFF, ppppppc",
        "PR,      pc",
        "PRRPP,   pcccp",
        "PRPW,    pccw",
        "PRPFPP,  pccccp",
        "PWP,     pwp",
        "WFFF,    wwwc",
        "PFWFFF,  ppwwwc",
        "PFRP,    ppcc",
    })
    void statusFollowsTheProbes(String probes, String expected) {
        CheckState state = CheckState.initial(2, 3);
        StringBuilder seen = new StringBuilder();
        for (int i = 0; i < probes.length(); i++) {
            state = state.after(verdict(probes.charAt(i)));
            seen.append(state.status().text().charAt(0));
        }
        assertEquals(expected, seen.toString());
    }

    @Test
    void aCheckNeverDrains() {
        CheckState impossible = new CheckState(Status.DRAINING, 0, 1, 1);
        assertThrows(IllegalStateException.class, () -> impossible.after(Verdict.PASS));
    }

    private static Verdict verdict(char probe) {
        return switch (probe) {
            case 'P' -> Verdict.PASS;
            case 'W' -> Verdict.WARN;
            case 'F' -> Verdict.FAIL;
            default -> Verdict.REFUSED;
        };
    }
}
