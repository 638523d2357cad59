"""A program for each held-out task, which the example itself does not know."""

from __future__ import annotations

SOLUTIONS = {
    "first initial and surname": """
x1 = first(I)
x2 = concat(x1, DOT)
x3 = after(I, SPACE)
x4 = concat(x2, SPACE)
O = concat(x4, x3)""",
    "initials with dots": """
x1 = find(WORDS, I)
x2 = each(first, x1)
x3 = join(x2, DOT)
O = concat(x3, DOT)""",
    "last name": """
x1 = find(WORDS, I)
O = pick(x1, LAST)""",
    "given name first": """
x1 = split(I, COMMA_SPACE)
x2 = backwards(x1)
O = join(x2, SPACE)""",
    "initials of lower-case names": """
x1 = upper(I)
x2 = find(WORDS, x1)
x3 = each(first, x2)
O = join(x3, EMPTY)""",
    "login name": """
x1 = first(I)
x2 = after(I, SPACE)
x3 = concat(x1, x2)
O = lower(x3)""",
    "e-mail user": """
O = before(I, AT)""",
    "e-mail provider": """
x1 = after(I, AT)
O = before(x1, DOT)""",
    "e-mail to full name": """
x1 = before(I, AT)
x2 = replace(x1, DOT, SPACE)
O = title(x2)""",
    "path to file name": """
x1 = split(I, SLASH)
O = pick(x1, LAST)""",
    "path to stem": """
x1 = find(WORDS, I)
O = pick(x1, PENULTIMATE)""",
    "enclosing folder": """
x1 = split(I, SLASH)
O = pick(x1, PENULTIMATE)""",
    "extension in capitals": """
x1 = split(I, DOT)
x2 = pick(x1, LAST)
O = upper(x2)""",
    "variable to heading": """
x1 = replace(I, UNDERSCORE, SPACE)
O = title(x1)""",
    "heading to variable": """
x1 = lower(I)
O = replace(x1, SPACE, UNDERSCORE)""",
    "class name to words": """
x1 = find(CAPITALIZED, I)
O = join(x1, SPACE)""",
    "class name to variable": """
x1 = find(CAPITALIZED, I)
x2 = join(x1, UNDERSCORE)
O = lower(x2)""",
    "variable to class name": """
x1 = title(I)
O = replace(x1, UNDERSCORE, EMPTY)""",
    "slug": """
x1 = lower(I)
x2 = find(WORDS, x1)
O = join(x2, DASH)""",
    "year of a date": """
x1 = split(I, SLASH)
O = pick(x1, LAST)""",
    "date to ISO": """
x1 = split(I, SLASH)
x2 = backwards(x1)
O = join(x2, DASH)""",
    "month of an ISO date": """
x1 = split(I, DASH)
O = pick(x1, ONE)""",
    "compact date": """
x1 = drop(I, TWO)
O = replace(x1, DASH, EMPTY)""",
    "American date": """
x1 = after(I, DASH)
x2 = before(I, DASH)
x3 = replace(x1, DASH, SLASH)
x4 = concat(x3, SLASH)
O = concat(x4, x2)""",
    "time of a log line": """
x1 = split(I, SPACE)
O = pick(x1, ONE)""",
    "level of a log line": """
x1 = split(I, SPACE)
x2 = pick(x1, TWO)
O = lower(x2)""",
    "day and month": """
x1 = find(DIGITS, I)
x2 = pick(x1, ZERO)
x3 = pick(x1, ONE)
x4 = concat(x2, DOT)
x5 = concat(x4, x3)
O = concat(x5, DOT)""",
    "hours and minutes": """
x1 = end(I, DIGITS, ONE)
x2 = start(I, DIGITS, ZERO)
O = between(I, x2, x1)""",
    "phone to digits": """
x1 = find(DIGITS, I)
O = join(x1, EMPTY)""",
    "phone with dots": """
O = replace(I, DASH, DOT)""",
    "phone with area in parentheses": """
x1 = before(I, DASH)
x2 = after(I, DASH)
x3 = concat(OPEN, x1)
x4 = concat(x3, CLOSE)
x5 = concat(x4, SPACE)
O = concat(x5, x2)""",
    "masked card": """
x1 = find(DIGITS, I)
x2 = pick(x1, LAST)
O = concat(STARS, x2)""",
    "price to number": """
x1 = replace(I, DOLLAR, EMPTY)
O = replace(x1, COMMA, EMPTY)""",
    "price in a sentence": """
x1 = start(I, DIGITS, ZERO)
x2 = end(I, DIGITS, ONE)
O = between(I, x1, x2)""",
    "what the parentheses hold": """
x1 = after(I, OPEN)
O = before(x1, CLOSE)""",
    "before the parentheses": """
x1 = before(I, OPEN)
O = strip(x1)""",
    "place and country": """
x1 = before(I, OPEN)
x2 = strip(x1)
x3 = concat(x2, COMMA_SPACE)
x4 = after(I, OPEN)
x5 = before(x4, CLOSE)
O = concat(x3, x5)""",
    "value of a setting": """
x1 = after(I, EQUALS)
O = strip(x1)""",
    "host of an address": """
x1 = split(I, SLASH)
O = pick(x1, TWO)""",
    "protocol in capitals": """
x1 = before(I, COLON)
O = upper(x1)""",
    "hashtag": """
x1 = lower(I)
x2 = replace(x1, SPACE, EMPTY)
O = concat(HASH, x2)""",
    "acronym": """
x1 = find(WORDS, I)
x2 = each(first, x1)
x3 = join(x2, EMPTY)
O = upper(x3)""",
    "quoted": """
x1 = concat(QUOTE, I)
O = concat(x1, QUOTE)""",
    "number of words": """
x1 = find(WORDS, I)
O = count(x1)""",
    "version without patch": """
x1 = find(DIGITS, I)
x2 = pick(x1, ZERO)
x3 = pick(x1, ONE)
x4 = concat(x2, DOT)
O = concat(x4, x3)""",
    "code turned round": """
x1 = split(I, DASH)
x2 = backwards(x1)
O = join(x2, DASH)""",
    "ticket number": """
x1 = pad(I, FOUR)
O = concat(HASH, x1)""",
    "lower-case label": """
x1 = lower(I)
O = replace(x1, DASH, UNDERSCORE)""",
}
