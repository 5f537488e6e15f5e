package dev.rollcall.raft.scenario;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** One command: its name, the words after it, and settings of the form {@code name=value}. */
final class Words {
    private final String name;
    private final List<String> plain = new ArrayList<>();
    private final Map<String, String> settings = new TreeMap<>();
    private final Set<String> settingsRead = new TreeSet<>();
    private int wordsRead;

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

    /**
     * What no part of the command has asked for is a mistake.
     *
     * @throws IllegalArgumentException if there is such a word or setting
     */
    void requireAllRead() {
        for (String key : settings.keySet()) {
            if (!settingsRead.contains(key)) {
                throw new IllegalArgumentException(name + " does not know " + key);
            }
        }
        if (wordsRead < plain.size()) {
            throw new IllegalArgumentException(name + " does not know " + plain.get(wordsRead));
        }
    }

    String word(int position) {
        if (position >= plain.size()) {
            throw new IllegalArgumentException(name + " lacks word " + (position + 1));
        }
        wordsRead = Math.max(wordsRead, position + 1);
        return plain.get(position);
    }

    List<String> from(int position) {
        wordsRead = plain.size();
        return plain.subList(Math.min(position, plain.size()), plain.size());
    }

    long number(int position) {
        return Long.parseLong(word(position));
    }

    int number(int position, int otherwise) {
        return position < plain.size() ? Integer.parseInt(word(position)) : otherwise;
    }

    /** Member ids separated by commas; {@code all}, or nothing at the end, stands for everyone. */
    List<Long> ids(int position, Collection<Long> everyone) {
        boolean all = position >= plain.size() || word(position).equals("all");
        return all ? List.copyOf(everyone) : numbers(word(position));
    }

    NavigableSet<Long> idSetting(String key) {
        return new TreeSet<>(numbers(setting(key, "")));
    }

    long setting(String key, long otherwise) {
        String value = setting(key, "");
        return value.isEmpty() ? otherwise : Long.parseLong(value);
    }

    String setting(String key, String otherwise) {
        settingsRead.add(key);
        return settings.getOrDefault(key, otherwise);
    }

    Map<String, String> settings() {
        settingsRead.addAll(settings.keySet());
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
