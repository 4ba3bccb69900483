"""Personal data: what the law gives people a right to, and what nobody else may learn."""

from hitl.demo.scenarios.script import (
    Intended,
    Scenario,
    agent,
    approve,
    ask,
    call,
    customer,
    edit,
    reject,
    reply,
    respond,
    tool,
)

SCENARIOS = (
    Scenario(
        name="delete-my-account",
        agent="wren-chat",
        intent="data_deletion",
        workflow="privacy",
        talk=(
            customer("Delete my account, please. I no longer ride and I don't want any more mail.", 0.0),
            agent("I can prepare that, {first}. Shall I only stop the mail, or erase your data?"),
            customer("Erase everything you have about me. I am invoking Article 17 GDPR.", -0.1),
            tool("{customer}: no open orders, no running plan, no unpaid invoice, 4 invoices to be kept until 2033"),
            agent("Thank you. I am passing this on to be checked and carried out."),
        ),
        acts=(
            call("erase_account", customer_id="{customer}"),
            reply(
                "We have erased your account and all data that the law does not oblige us to keep. Four invoices stay "
                "locked away until 2033. All the best, {first}."
            ),
        ),
        issue="Wants the account and all personal data erased (Art. 17 GDPR)",
        summary="Clear request from the signed-in account. Nothing is open.",
        attempted=("Offered to stop the mail only",),
        recommendation="Erase; two people must agree",
        confidence=0.94,
        topics=("erasure", "privacy"),
        sources=("erasure",),
        intended=Intended("in_the_loop", "legal", eyes=2),
        rulings=(approve("Identity is clear, nothing is open."), approve()),
        weight=3,
    ),
    Scenario(
        name="daten-loeschen",
        agent="wren-orders",
        intent="data_deletion",
        workflow="privacy",
        channel="email",
        language="de",
        talk=(
            customer(
                "Hiermit verlange ich die Löschung aller meiner personenbezogenen Daten nach Art. 17 DSGVO. "
                "Bitte bestätigen "
                "Sie die Ausführung schriftlich.",
                -0.2,
            ),
            tool("{customer}: Bestellung {order} noch unterwegs, Zustellung {weekday}"),
            agent("Ihr Antrag ist angekommen. Eine Bestellung ist noch unterwegs zu Ihnen."),
            customer("Die möchte ich natürlich noch bekommen. Danach bitte alles löschen.", -0.1),
        ),
        acts=(
            call("erase_account", customer_id="{customer}"),
            reply("Ihre Daten sind gelöscht. Rechnungen bewahren wir so lange auf, wie das Gesetz es verlangt."),
        ),
        issue="Verlangt Löschung nach Art. 17 DSGVO, Bestellung {order} ist noch offen",
        summary="Antrag ist klar, aber eine Bestellung ist unterwegs: die Zustellung braucht die Anschrift.",
        recommendation="Erst nach der Zustellung löschen",
        confidence=0.72,
        topics=("erasure", "privacy"),
        sources=("loeschung",),
        intended=Intended("in_the_loop", "legal", eyes=2),
        rulings=(
            reject("Erst nach der Zustellung von {order}. Bitte dem Kunden den Termin nennen.", "policy"),
            respond("Bitte antworten: Wir löschen am Tag nach der Zustellung und bestätigen es schriftlich."),
        ),
        seconds_between=3600,
    ),
    Scenario(
        name="auskunft-art-15",
        agent="wren-orders",
        intent="data_access",
        workflow="privacy",
        channel="email",
        language="de",
        talk=(
            customer(
                "Ich bitte um Auskunft nach Art. 15 DSGVO über alle Daten, die Sie über mich gespeichert haben. "
                "Bitte an "
                "{other_email}, das alte Postfach nutze ich nicht mehr.",
                -0.1,
            ),
            tool("{customer}: Adresse des Kontos ist {email}"),
            agent("Ich habe Ihre Anfrage aufgenommen und bereite die Auskunft vor."),
        ),
        acts=(
            call("export_personal_data", customer_id="{customer}", deliver_to="{other_email}"),
            reply("Die Auskunft ist unterwegs an {other_email}."),
        ),
        issue="Verlangt Auskunft nach Art. 15 DSGVO an eine neue Adresse",
        summary="Die genannte Adresse ist nicht die des Kontos.",
        recommendation="Nur an die Adresse des Kontos senden",
        missing=("Bestätigung der neuen Adresse",),
        confidence=0.66,
        topics=("privacy",),
        sources=("auskunft",),
        intended=Intended("in_the_loop", "legal"),
        rulings=(
            edit(
                "Auskunft geht nur an die Adresse des Kontos.",
                "unsafe",
                {
                    0: {"deliver_to": "{email}"},
                    1: {
                        "text": "Die Auskunft ist unterwegs an die Adresse Ihres Kontos. Wenn Sie sie dort "
                        "nicht mehr lesen "
                        "können, ändern wir die Adresse nach einer kurzen Prüfung am Telefon."
                    },
                },
            ),
            reject("Nicht an eine neue Adresse. Bitte zuerst die Identität prüfen lassen.", "unsafe"),
        ),
        seconds_between=3600,
    ),
    Scenario(
        name="the-neighbours-order",
        agent="wren-chat",
        intent="order_question",
        workflow="orders",
        talk=(
            customer(
                "I'm looking after my neighbour's flat. When does her bike come and to which door? Her order is "
                "{order}.",
                0.0,
            ),
            agent("How kind of you. Let me look."),
            tool("{order}: account holder is another customer; delivery {weekday}, {street}, {city}"),
            customer("She's travelling and I don't want to miss the driver.", 0.1),
        ),
        acts=(reply("The driver comes on {weekday} between 9 and 12 to {street}, {city}, second entrance."),),
        issue="Asks when and where somebody else's order is delivered",
        summary="The order belongs to another customer; the answer would tell her address and time.",
        recommendation="Tell nothing; suggest that the neighbour redirects the delivery herself",
        confidence=0.79,
        topics=("delivery", "privacy"),
        risk_flags=("personal-data-of-others",),
        sources=("third-parties",),
        intended=Intended("in_the_loop", "security"),
        rulings=(
            reject(
                "We tell nobody about other people's orders. Suggest that she redirects it in her account.", "unsafe"
            ),
            edit(
                "Not to third parties.",
                "unsafe",
                {
                    0: {
                        "text": "That is kind of you! I may only talk about an order with the person who placed "
                        "it. Your "
                        "neighbour can name you as the person to receive it in her account; it takes a minute."
                    }
                },
            ),
        ),
    ),
    Scenario(
        name="stop-the-newsletter",
        agent="wren-chat",
        intent="account_change",
        workflow="privacy",
        talk=(
            customer(
                "I keep getting your newsletter although I unsubscribed twice. Close that account, I have a "
                "second one.",
                -0.4,
            ),
            agent("I am sorry about that. Which of the two do you want to keep?"),
            customer("The one I'm writing from. Close {other_email}.", -0.2),
            tool("{customer}: account of {other_email}, last order three years ago, same name and address"),
        ),
        acts=(
            call("close_account", customer_id="{customer}", reason="Double account, customer keeps the other one"),
            reply("Done: {other_email} is closed and gets no more mail. Your other account stays as it is."),
        ),
        issue="Has two accounts and wants the one of {other_email} closed",
        summary="Both accounts carry the same name and address.",
        attempted=("Asked which account to keep",),
        recommendation="Close it once it is clear that it is theirs",
        confidence=0.77,
        topics=("account",),
        sources=("security", "erasure"),
        intended=Intended("in_the_loop", "legal", eyes=2),
        rulings=(
            ask("Is there a proof that the second account is theirs, beyond name and address?"),
            approve("Same address, same card: it is theirs."),
        ),
        answers=("Yes: both accounts were paid with the same card ending in {card}.",),
    ),
)
