package dev.rollcall.agent.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.config.ConfigException;
import dev.rollcall.agent.config.ConfigLoader;
import dev.rollcall.agent.peer.ClusterPicture;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoiningTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private Joining joining;

    private final List<MemberRow> members = new ArrayList<>();

    @BeforeEach
    void flags() throws ConfigException {
        joining = joining("n1=http://a:1,n2=http://b:2,n2=http://b:3");
        members.add(row(1, "n1", "http://a:1"));
        members.add(row(2, "", "http://b:3", "http://b:2"));
    }

    private Joining joining(String initialCluster) throws ConfigException {
        return new Joining(ConfigLoader.load(
                new String[] {
                    "--name=n2",
                    "--data-dir=" + directory.resolve("n2"),
                    "--initial-advertise-peer-urls=http://b:2,http://b:3",
                    "--initial-cluster=" + initialCluster,
                    "--initial-cluster-state=existing"
                },
                Map.of()));
    }

    private static MemberRow row(long id, String name, String... urls) {
        return new MemberRow(id, name, MemberRole.VOTER, List.of(urls), List.of());
    }

    private ClusterPicture picture(boolean confirmed, Map<Long, UUID> directories) {
        return new ClusterPicture(0xC1, confirmed, List.of(), members, directories);
    }

    private void refused(String words) {
        String message = String.valueOf(assertThrows(StartException.class, () -> joining.place(picture(true, Map.of())))
                .getMessage());
        assertTrue(message.contains(words), message);
    }

    @Test
    void itFindsItselfByItsUrlsInAnyOrder() {
        for (boolean confirmed : new boolean[] {true, false}) {
            ClusterPicture picture = picture(confirmed, Map.of(1L, new UUID(0, 1)));
            Joining.Place place = Objects.requireNonNull(joining.place(picture));
            assertEquals(2, place.self().id());
            assertEquals(picture, place.picture());
        }
    }

    @Test
    void whoIsNotThereYetWaitsUnlessAQuorumSaysSo() {
        members.remove(1);
        assertNull(joining.place(picture(false, Map.of())));
        refused("cluster c1 has no member with the peer URLs [http://b:2, http://b:3]: add it first with member add");
    }

    @Test
    void whoHasRunBeforeDoesNotJoinAgain() {
        assertTrue(String.valueOf(assertThrows(
                                StartException.class, () -> joining.place(picture(true, Map.of(2L, new UUID(0, 2)))))
                        .getMessage())
                .contains("remove and add this member"));
        members.set(1, row(2, "n2", "http://b:2", "http://b:3"));
        refused("remove and add this member");
    }

    @Test
    void theOthersMustBeTheSame() throws ConfigException {
        members.add(row(3, "n3", "http://c:1"));
        refused("has a member at [http://c:1] that --initial-cluster does not name");
        members.remove(2);
        members.set(0, row(1, "other", "http://a:1"));
        refused("calls the member at [http://a:1] n1, in cluster c1 it is other");
        members.set(0, row(1, "n1", "http://a:9"));
        refused("names n1 at [http://a:1], which cluster c1 does not have");
    }

    @Test
    void somebodyMustBeNamedToAsk() {
        String message = String.valueOf(assertThrows(StartException.class, () -> joining("n2=http://b:2,n2=http://b:3"))
                .getMessage());
        assertTrue(message.contains("names n2 alone"), message);
    }
}
