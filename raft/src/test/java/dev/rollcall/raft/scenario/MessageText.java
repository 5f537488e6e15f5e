package dev.rollcall.raft.scenario;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Messages as words, by the names of their parts: {@code 1->2 VoteRequest term=2 lastIndex=3 lastTerm=1}. Parts that are
 * false, hints of an answer that accepts, and checksums are left out. The numbers of questions are drawn, so here they are #1, #2 and
 * so on, by first appearance.
 */
final class MessageText {
    private final Map<Long, Integer> questions = new TreeMap<>();

    String of(Message message) {
        StringBuilder text = new StringBuilder();
        text.append(message.from()).append("->").append(message.to()).append(' ');
        text.append(message.getClass().getSimpleName());
        for (RecordComponent part : message.getClass().getRecordComponents()) {
            Object value = value(part, message);
            if (!isImplied(part.getName(), value, message)) {
                text.append(' ').append(part.getName()).append('=').append(text(part.getName(), value, message));
            }
        }
        return text.toString();
    }

    /** The message of this kind with these parts; what is not named is 0, false or empty. */
    Message parse(String kind, Map<String, String> parts) {
        Class<?> type = kind(kind);
        RecordComponent[] components = type.getRecordComponents();
        List<String> names =
                Arrays.stream(components).map(RecordComponent::getName).toList();
        if (!names.containsAll(parts.keySet())) {
            throw new IllegalArgumentException(kind + " has the parts " + names + ", not all of " + parts.keySet());
        }
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = parsed(components[i], parts);
        }
        try {
            return (Message) type.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("no message " + kind + " of " + parts, e);
        }
    }

    static boolean isKind(String word) {
        for (Class<?> type : Message.class.getPermittedSubclasses()) {
            if (type.getSimpleName().equals(word)) {
                return true;
            }
        }
        return false;
    }

    private static Class<?> kind(String word) {
        for (Class<?> type : Message.class.getPermittedSubclasses()) {
            if (type.getSimpleName().equals(word)) {
                return type;
            }
        }
        throw new IllegalArgumentException("no kind of message " + word);
    }

    private Object parsed(RecordComponent part, Map<String, String> parts) {
        String word = parts.get(part.getName());
        if (part.getType() == boolean.class) {
            return Boolean.parseBoolean(word);
        } else if (part.getType() == List.class) {
            long first = Long.parseLong(parts.getOrDefault("prevIndex", "0")) + 1;
            return EntryText.log(word == null ? "" : word, first);
        } else if (part.getType() == int.class) {
            return word == null ? 0 : Integer.parseInt(word);
        }
        return word == null ? 0L : number(word);
    }

    private long number(String word) {
        if (!word.startsWith("#")) {
            return Long.parseLong(word);
        }
        int name = Integer.parseInt(word.substring(1));
        for (Map.Entry<Long, Integer> question : questions.entrySet()) {
            if (question.getValue() == name) {
                return question.getKey();
            }
        }
        throw new IllegalArgumentException("no question " + word + " so far");
    }

    private static Object value(RecordComponent part, Object record) {
        try {
            return part.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isImplied(String part, Object value, Message message) {
        boolean accepted = message instanceof Message.AppendResponse response && !response.rejected();
        return part.equals("from")
                || part.equals("to")
                || part.equals("checksum")
                || value.equals(false)
                || (accepted && part.startsWith("hint"));
    }

    private String text(String part, Object value, Object in) {
        boolean question = (in instanceof Message.PreVoteRequest || in instanceof Message.PreVoteResponse)
                ? part.equals("round")
                : (in instanceof Message.ReadIndexRequest || in instanceof Message.ReadIndexResponse)
                        && part.equals("id");
        if (question) {
            return "#" + questions.computeIfAbsent((Long) value, q -> questions.size() + 1);
        } else if (value instanceof List<?> list) {
            List<Entry> entries = new ArrayList<>();
            list.forEach(entry -> entries.add((Entry) entry));
            return "[" + EntryText.of(entries) + "]";
        } else if (value instanceof byte[] bytes) {
            return bytes.length + "B";
        } else if (value instanceof Membership membership) {
            return "[" + EntryText.of(membership) + "]";
        } else if (value instanceof Record record) {
            return parts(record);
        }
        return String.valueOf(value);
    }

    private String parts(Record record) {
        List<String> parts = new ArrayList<>();
        for (RecordComponent part : record.getClass().getRecordComponents()) {
            if (!part.getName().equals("checksum")) {
                parts.add(part.getName() + "=" + text(part.getName(), value(part, record), record));
            }
        }
        return "(" + String.join(" ", parts) + ")";
    }
}
