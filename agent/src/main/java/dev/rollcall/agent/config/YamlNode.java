package dev.rollcall.agent.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** A YAML value that knows where it stands, so that every complaint about a file can name the line and column. */
sealed interface YamlNode {
    /** {@code line 3, column 5}. */
    String place();

    /** A string, number, boolean or nothing, as it was written. */
    record Scalar(String text, String place) implements YamlNode {}

    /** A list. */
    record Sequence(List<YamlNode> items, String place) implements YamlNode {}

    /** A mapping, in the order written. Keys know their places too. */
    record Mapping(Map<String, Entry> entries, String place) implements YamlNode {}

    /** One entry of a mapping. */
    record Entry(String key, String place, YamlNode value) {}

    /** Deeper than any file of ours; a bound on the recursion. */
    int MAX_DEPTH = 16;

    /**
     * Reads one document.
     *
     * @return its root, null if it is empty
     * @throws ConfigException if it is not YAML; the message begins with the place
     */
    static @Nullable YamlNode parse(String text) throws ConfigException {
        try (YAMLParser parser = new YAMLFactory().createParser(text)) {
            if (parser.nextToken() == null) {
                return null;
            }
            YamlNode root = read(parser, 0);
            if (parser.nextToken() != null) {
                throw new ConfigException(place(parser.currentTokenLocation()) + ": more than one YAML document");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw new ConfigException(problem(e));
        } catch (IOException e) {
            throw new ConfigException("not YAML: " + e.getMessage());
        }
    }

    /** What is wrong, and where; the exception's own place may be where the thing began that could not be read. */
    private static String problem(JsonProcessingException e) {
        if (e.getCause() instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
            String begun =
                    marked.getContextMark() == null ? "" : ", in what began at " + place(marked.getContextMark());
            return place(marked.getProblemMark()) + ": not YAML: " + marked.getProblem() + begun;
        }
        String message =
                String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
        return place(e.getLocation()) + ": not YAML: " + message;
    }

    private static YamlNode read(YAMLParser parser, int depth) throws IOException, ConfigException {
        String place = place(parser.currentTokenLocation());
        if (depth > MAX_DEPTH) {
            throw new ConfigException(place + ": nested too deeply");
        }
        if (parser.isCurrentAlias()) {
            throw new ConfigException(place + ": aliases are not supported");
        }
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT) {
            return mapping(parser, place, depth);
        }
        if (token == JsonToken.START_ARRAY) {
            List<YamlNode> items = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                items.add(read(parser, depth + 1));
            }
            return new Sequence(List.copyOf(items), place);
        }
        return new Scalar(token == JsonToken.VALUE_NULL ? "" : String.valueOf(parser.getText()), place);
    }

    private static Mapping mapping(YAMLParser parser, String place, int depth) throws IOException, ConfigException {
        Map<String, Entry> entries = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = String.valueOf(parser.currentName());
            String at = place(parser.currentTokenLocation());
            parser.nextToken();
            if (entries.put(key, new Entry(key, at, read(parser, depth + 1))) != null) {
                throw new ConfigException(at + ": '" + key + "' is given twice");
            }
        }
        return new Mapping(entries, place);
    }

    private static String place(Mark mark) {
        return "line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1);
    }

    private static String place(@Nullable JsonLocation location) {
        return location == null ? "" : "line " + location.getLineNr() + ", column " + location.getColumnNr();
    }
}
