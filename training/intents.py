"""Everyday requests of two public collections, as prompts that the guide hands over.

CLINC150 (CC-BY-3.0) is English, the German part of MASSIVE is CC-BY-4.0. Their
text is read from a folder given by the caller and never copied into the
repository; without the folder the model is trained on our own phrasings alone.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from pathlib import Path

Prompts = dict[str, list[str]]
"""Prompts by target: ``topics/<name>`` or ``smalltalk/<name>``."""

CLINC = {
    "banking": "account_blocked balance bill_balance bill_due card_declined credit_limit "
    "credit_limit_change damaged_card expiration_date freeze_account international_fees "
    "min_payment new_card order_checks pay_bill pin_change redeem_rewards "
    "replacement_card_duration report_fraud report_lost_card rewards_balance routing "
    "spending_history transactions transfer",
    "finance": "apr credit_score direct_deposit improve_credit_score income interest_rate "
    "payday rollover_401k taxes w2",
    "work": "pto_balance pto_request pto_request_status pto_used application_status",
    "insurance": "insurance insurance_change",
    "travel": "book_flight book_hotel carry_on flight_status international_visa lost_luggage "
    "plug_type travel_alert travel_notification travel_suggestion vaccines",
    "restaurants": "accept_reservations cancel_reservation confirm_reservation how_busy "
    "restaurant_reservation restaurant_reviews restaurant_suggestion",
    "cooking": "cook_time ingredients_list meal_suggestion recipe",
    "food_facts": "calories food_last ingredient_substitution nutrition_info",
    "traffic": "directions distance traffic uber current_location share_location",
    "cars": "car_rental gas gas_type jump_start last_maintenance mpg oil_change_how "
    "oil_change_when schedule_maintenance tire_change tire_pressure",
    "stocks": "exchange_rate",
    "units": "measurement_conversion",
    "maths": "calculator",
    "definitions": "definition spelling",
    "translation": "translate",
    "time": "date time timezone next_holiday",
    "weather": "weather",
    "alarms": "alarm timer",
    "calendar": "calendar calendar_update meeting_schedule schedule_meeting reminder "
    "reminder_update",
    "lists": "shopping_list shopping_list_update todo_list todo_list_update",
    "shopping": "order order_status",
    "music": "next_song play_music update_playlist what_song",
    "games": "flip_coin roll_dice",
    "calls": "find_phone make_call",
    "letters": "text",
    "smarthome": "smart_home change_volume",
    "general": "fun_fact",
    "philosophy": "meaning_of_life",
}
CLINC_SMALLTALK = {
    "greeting": "greeting",
    "goodbye": "goodbye",
    "thanks": "thank_you",
    "yes": "yes",
    "no": "no",
    "ok": "maybe",
    "joke": "tell_joke",
    "feelings": "what_are_your_hobbies do_you_have_pets",
    "who_are_you": "what_is_your_name",
    "are_you_human": "are_you_a_bot",
    "who_made_you": "who_made_you who_do_you_work_for where_are_you_from",
    "age": "how_old_are_you",
}
MASSIVE = {
    "time": (0, 38), "smarthome": (1, 8, 18, 24, 31, 34, 40, 41, 56, 14, 29, 35, 46),
    "traffic": (2, 11, 42, 54), "restaurants": (3, 16), "stocks": (4, 10), "events": (6, 19),
    "music": (7, 28, 36, 43, 45, 57, 58), "cooking": (9, 37), "weather": (13,),
    "email": (15, 17, 33, 44), "films": (20, 55), "lists": (21, 53, 59), "news": (22,),
    "alarms": (23, 48, 52), "definitions": (26,), "social": (27, 47), "calendar": (30, 32, 50),
    "maths": (39,), "games": (51,),
}  # fmt: skip
"""Numbers as in the collection. Greetings (5), jokes (25), facts (49) and the
mixed "quirky" (12) are left out: the first two have phrasings of ours, the
others no single topic."""

CLINC_HELD_OUT = frozenset(
    (
        "book_hotel tire_change credit_limit calories flip_coin lost_luggage mpg spelling "
        "rewards_balance todo_list_update reminder_update restaurant_reviews pto_used "
        "insurance_change next_song"
    ).split()
)
MASSIVE_HELD_OUT = frozenset((43, 16, 31, 2, 4, 58, 30, 15))
"""Whole intents that no training prompt comes from."""


def clinc(folder: Path) -> tuple[Prompts, Prompts]:
    """English prompts to train on and held-out ones, by target."""
    data = json.loads((folder / "clinc150.json").read_text("utf-8"))
    target = {i: f"topics/{t}" for t, names in CLINC.items() for i in names.split()}
    target |= {i: f"smalltalk/{t}" for t, names in CLINC_SMALLTALK.items() for i in names.split()}
    train: Prompts = defaultdict(list)
    held: Prompts = defaultdict(list)
    for text, intent in data["train"] + data["val"]:
        if intent in target:
            (held if intent in CLINC_HELD_OUT else train)[target[intent]].append(text)
    train["topics/general"] += [text for text, _ in data["oos_train"] + data["oos_val"]]
    held["topics/general"] += [text for text, _ in data["oos_test"]]
    return train, held


def massive(folder: Path) -> tuple[Prompts, Prompts]:
    """German prompts to train on and held-out ones, by target."""
    target = {number: f"topics/{t}" for t, numbers in MASSIVE.items() for number in numbers}
    train: Prompts = defaultdict(list)
    held: Prompts = defaultdict(list)
    for part in ("train", "dev"):
        for line in (folder / f"massive_de_{part}.tsv").read_text("utf-8").splitlines():
            text, number = line.rsplit("\t", 1)
            if int(number) in target:
                place = held if int(number) in MASSIVE_HELD_OUT else train
                place[target[int(number)]].append(text.replace("olly ", ""))
    return train, held


EXAM_TOPICS = {
    "math": "maths", "physics": "science", "chemistry": "science", "biology": "science",
    "engineering": "science", "computer science": "programming", "law": "law",
    "psychology": "science", "health": "medicine", "history": "history_facts",
    "economics": "economics", "business": "economics", "philosophy": "philosophy",
    "other": "general",
}  # fmt: skip


def exams(folder: Path, longest: int = 220) -> tuple[Prompts, Prompts]:
    """Exam questions (MMLU-Pro, MATH) up to ``longest`` characters; every fifth is held out."""
    train: Prompts = defaultdict(list)
    held: Prompts = defaultdict(list)
    for name in ("mmlu_pro", "math_l5"):
        with gzip.open(folder / f"{name}_outcomes.csv.gz", "rt", encoding="utf-8") as rows:
            for number, row in enumerate(csv.DictReader(rows)):
                topic = EXAM_TOPICS.get(row.get("category", "math") or "other", "general")
                text = row["prompt"]
                if number % 2 and "\nA. " in text:
                    text = text.split("\nA. ")[0]
                if len(text) <= longest:
                    (held if number % 5 == 0 else train)[f"topics/{topic}"].append(text)
    return train, held
