package dev.rollcall.raft.scenario;

import dev.rollcall.raft.core.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Which messages are meant: {@code 1->2}, {@code *->3}, {@code 1,2->*} name links, words such as {@code AppendRequest} name
 * kinds. Of several links or kinds any will do; without a link, or a kind, all of them. {@code not} turns it round.
 */
final class MessageFilter implements Predicate<Message> {
    private record Ends(List<Long> from, List<Long> to) {
        boolean holds(Message message) {
            return (from.isEmpty() || from.contains(message.from())) && (to.isEmpty() || to.contains(message.to()));
        }
    }

    private final List<Ends> links = new ArrayList<>();
    private final List<String> kinds = new ArrayList<>();
    private boolean not;

    MessageFilter(List<String> words) {
        for (String word : words) {
            int arrow = word.indexOf("->");
            if (arrow > 0) {
                links.add(new Ends(ids(word.substring(0, arrow)), ids(word.substring(arrow + 2))));
            } else if (word.equals("not")) {
                not = true;
            } else if (MessageText.isKind(word)) {
                kinds.add(word);
            } else {
                throw new IllegalArgumentException(word + " names neither a link nor a kind of message");
            }
        }
    }

    @Override
    public boolean test(Message message) {
        boolean link = links.isEmpty() || links.stream().anyMatch(l -> l.holds(message));
        boolean kind = kinds.isEmpty() || kinds.contains(message.getClass().getSimpleName());
        return (link && kind) != not;
    }

    private static List<Long> ids(String words) {
        List<Long> ids = new ArrayList<>();
        if (!words.equals("*")) {
            for (String id : words.split(",", -1)) {
                ids.add(Long.parseLong(id));
            }
        }
        return ids;
    }
}
