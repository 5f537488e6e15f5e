package dev.rollcall.agent.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Reading answers without trusting their shape: an agent may be of another version than this command. */
final class Answer {
    private Answer() {}

    /** The objects of a list, none if there is no such list. */
    static List<JsonObject> list(JsonObject answer, String key) {
        return answer.getValue(key) instanceof JsonArray array ? list(array) : List.of();
    }

    static List<JsonObject> list(JsonArray array) {
        List<JsonObject> objects = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            if (array.getValue(i) instanceof JsonObject object) {
                objects.add(object);
            }
        }
        return objects;
    }

    /** A list of words as one cell. */
    static String words(JsonObject answer, String key) {
        List<String> words = new ArrayList<>();
        if (answer.getValue(key) instanceof JsonArray array) {
            array.forEach(word -> words.add(String.valueOf(word)));
        }
        return String.join(",", words);
    }
}
