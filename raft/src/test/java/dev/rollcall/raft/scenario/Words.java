package dev.rollcall.raft.scenario;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** One command: its name, the words after it, and settings of the form {@code name=value}. */
final class Words {
    private final String name;
    private final List<String> plain = new ArrayList<>();
    private final Map<String, String> settings = new TreeMap<>();

    Words(String command) {
        String[] words = command.trim().split(" +", -1);
        name = words[0];
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals > 0) {
                settings.put(words[i].substring(0, equals), words[i].substring(equals + 1));
            } else {
                plain.add(words[i]);
            }
        }
    }

    String name() {
        return name;
    }

    int count() {
        return plain.size();
    }

    String word(int position) {
        if (position >= plain.size()) {
            throw new IllegalArgumentException(name + " lacks word " + (position + 1));
        }
        return plain.get(position);
    }

    List<String> from(int position) {
        return plain.subList(Math.min(position, plain.size()), plain.size());
    }

    long number(int position) {
        return Long.parseLong(word(position));
    }

    int number(int position, int otherwise) {
        return position < plain.size() ? Integer.parseInt(plain.get(position)) : otherwise;
    }

    /** Member ids separated by commas; {@code all}, or nothing at the end, stands for everyone. */
    List<Long> ids(int position, Collection<Long> everyone) {
        boolean all = position >= plain.size() || plain.get(position).equals("all");
        return all ? List.copyOf(everyone) : numbers(plain.get(position));
    }

    NavigableSet<Long> idSetting(String key) {
        return new TreeSet<>(numbers(settings.getOrDefault(key, "")));
    }

    long setting(String key, long otherwise) {
        String value = settings.get(key);
        return value == null ? otherwise : Long.parseLong(value);
    }

    String setting(String key, String otherwise) {
        return settings.getOrDefault(key, otherwise);
    }

    Map<String, String> settings() {
        return settings;
    }

    private static List<Long> numbers(String list) {
        List<Long> numbers = new ArrayList<>();
        for (String number : list.split(",", -1)) {
            if (!number.isEmpty()) {
                numbers.add(Long.parseLong(number));
            }
        }
        return numbers;
    }
}
