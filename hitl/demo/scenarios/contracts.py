"""Orders and plans that end or change, and customers whom the shop must not lose."""

from hitl.demo.scenarios.script import (
    Intended,
    Scenario,
    agent,
    approve,
    ask,
    call,
    customer,
    edit,
    reply,
    respond,
    take_over,
    tool,
)

SCENARIOS = (
    Scenario(
        name="cancel-the-repair-plan",
        agent="wren-chat",
        intent="cancellation",
        workflow="plans",
        talk=(
            customer("I'd like to cancel my repair plan {plan}. I am moving abroad.", 0.0),
            agent("A pity to lose you! Your free yearly inspection is still unused. Would you like it before you go?"),
            customer("No time, thanks. Please just cancel.", 0.0),
            tool("{customer}: plan {plan}, notice possible to {month_end}, inspection unused"),
        ),
        acts=(
            call("cancel_plan", customer_id="{customer}", plan="{plan}", ends_on="{month_end}"),
            reply("Your plan {plan} ends on {month_end}. Safe travels, {first}!"),
        ),
        issue="Wants to cancel repair plan {plan} because of a move",
        summary="Notice is in time. The customer knows that the free inspection is lost.",
        attempted=("Offered the free inspection",),
        recommendation="Cancel",
        confidence=0.92,
        topics=("cancellation",),
        sources=("plans",),
        intended=Intended("in_the_loop", "cancellations"),
        rulings=(approve(), approve("In time, well explained.")),
        weight=3,
    ),
    Scenario(
        name="plan-zu-teuer",
        agent="wren-chat",
        intent="cancellation",
        workflow="plans",
        language="de",
        talk=(
            customer("Ich will meinen Plan {plan} kündigen, der ist mir zu teuer geworden.", -0.3),
            agent("Das verstehe ich. Darf ich Ihnen den kleineren Plan vorschlagen?"),
            customer("Nein, ich wechsle zu einer Werkstatt um die Ecke.", -0.2),
            tool("{customer}: Plan {plan}, Kündigung zum {month_end} möglich"),
        ),
        acts=(
            call("cancel_plan", customer_id="{customer}", plan="{plan}", ends_on="{month_end}"),
            reply("Ihr Plan {plan} endet am {month_end}. Sie sind jederzeit wieder willkommen."),
        ),
        issue="Kündigt den Plan {plan}, weil er zu teuer ist",
        summary="Wechselt zu einer anderen Werkstatt. Kleineren Plan abgelehnt.",
        attempted=("Kleineren Plan angeboten",),
        recommendation="Kündigung annehmen, eventuell ein Monat frei als letztes Angebot",
        confidence=0.88,
        topics=("cancellation", "churn"),
        sources=("reparaturplan",),
        intended=Intended("in_the_loop", "cancellations"),
        rulings=(
            approve("Klar ausgedrückt, bitte annehmen."),
            respond("Bitte einmal anbieten: ein Monat frei. Sagt er nein, dann sofort kündigen."),
        ),
    ),
    Scenario(
        name="stop-the-assembly",
        agent="wren-orders",
        intent="cancellation",
        workflow="orders",
        channel="email",
        talk=(
            customer("Please cancel {order}. I lost my job and cannot afford the bike any more.", -0.4),
            tool("{order}: {product}, {price} EUR paid, assembly began yesterday, custom wheels"),
            agent("I am sorry to hear that. The assembly has begun, so custom parts may be charged."),
            customer("I understand. How much would that be?", -0.3),
        ),
        acts=(
            call(
                "cancel_order",
                ("{price}", "EUR"),
                order_id="{order}",
                reason="Customer cannot afford it; assembly has begun",
            ),
            reply("We have cancelled {order} and refund the price minus 180 EUR for the custom wheels."),
        ),
        issue="Wants to cancel {order} for want of money; assembly has begun",
        summary="Cannot be undone: the assembly slot is lost. 180 EUR for custom parts may be waived.",
        recommendation="Cancel, and think about waiving the 180 EUR",
        confidence=0.8,
        topics=("cancellation",),
        sources=("cancelling",),
        intended=Intended("in_the_loop", "billing"),
        rulings=(
            edit(
                "We waive the wheels in such a case.",
                "tone",
                {1: {"text": "We have cancelled {order} and refund the full price. All the best for what comes next."}},
            ),
            approve("As the terms say."),
            ask("Are the custom wheels already built, or only ordered?"),
        ),
        answers=("Only ordered; the supplier would still take the order back until tomorrow noon.",),
        seconds_between=5400,
    ),
    Scenario(
        name="fleet-invoice",
        agent="wren-orders",
        intent="billing_dispute",
        workflow="fleet",
        channel="email",
        customer="business",
        amount=(1900, 2900),
        talk=(
            customer(
                "Dear Wrenfold team, invoice {invoice} for our 24 bicycles charges the full price although they "
                "came three "
                "weeks late. We expect a credit of {amount} EUR.",
                -0.3,
            ),
            tool("{invoice}: 24 bicycles, 48,900.00 EUR, delivered three weeks late"),
            agent("Thank you for your message. I am checking the terms for fleets."),
            customer("Please do; our accounting closes the month on {weekday}.", -0.2),
        ),
        acts=(
            call(
                "credit_invoice",
                ("{amount}", "EUR"),
                invoice="{invoice}",
                amount="{amount}",
                reason="Fleet delivered three weeks late",
            ),
            reply("We have credited {amount} EUR on {invoice}. Thank you for your patience, {first}."),
        ),
        issue="{company} demands {amount} EUR credit on {invoice}, delivered three weeks late",
        summary="Terms give 1 % a week: 1,467 EUR. The customer demands more.",
        attempted=("Looked up the fleet terms",),
        recommendation="1,467.00 EUR by the terms; more only by the account manager",
        confidence=0.67,
        topics=("billing", "fleet"),
        sources=("fleet",),
        intended=Intended("in_the_loop", "vip"),
        rulings=(
            edit(
                "Three weeks are 3 % of the invoice.",
                "wrong_amount",
                {
                    0: {"amount": "1467.00"},
                    1: {"text": "Our terms give 1 % a week, so we have credited 1,467.00 EUR on {invoice}."},
                },
            ),
            take_over("I am the account manager and will call them."),
        ),
        seconds_between=3600,
        weight=3,
    ),
    Scenario(
        name="gold-customer-missing-part",
        agent="wren-chat",
        intent="delivery_problem",
        workflow="orders",
        customer="gold",
        amount=(60, 95),
        talk=(
            customer(
                "The {product} I ordered ({order}) came without the front light. I've bought six bikes from you!", -0.4
            ),
            agent("You are right to expect better, {first}. I see the light was packed separately."),
            tool("{order}: front light {amount} EUR, second parcel not scanned since {date}"),
            customer("Then please send another one, and quickly.", -0.3),
        ),
        acts=(
            call("send_replacement", ("{amount}", "EUR"), order_id="{order}", item="Front light"),
            reply("A new front light leaves today by express. Thank you for six bicycles' worth of trust, {first}."),
        ),
        issue="Front light of {order} is missing; a customer of long standing",
        summary="Second parcel is stuck. Replacement costs us {amount} EUR.",
        recommendation="Send it by express",
        confidence=0.89,
        topics=("delivery",),
        sources=("shipping",),
        intended=Intended("in_the_loop", "vip"),
        rulings=(approve("Of course."), approve("And a personal note, please, next time."), approve()),
    ),
    Scenario(
        name="zwoelf-jahre-kunde",
        agent="wren-chat",
        intent="price_question",
        workflow="sales",
        language="de",
        customer="longstanding",
        talk=(
            customer(
                "Ich kaufe seit zwölf Jahren bei Ihnen. Warum zahle ich für die Inspektion mehr als neue Kunden?", -0.4
            ),
            agent("Das ist eine berechtigte Frage. Neue Räder haben die erste Inspektion frei."),
            customer("Ich überlege ernsthaft, zur Konkurrenz zu gehen.", -0.5),
        ),
        acts=(
            reply(
                "Nach 300 km ist die erste Inspektion kostenlos, danach kostet sie 79 EUR. Das gilt für alle gleich."
            ),
        ),
        issue="Kunde seit zwölf Jahren fühlt sich gegenüber neuen Kunden benachteiligt",
        summary="Sachlich richtig, aber kühl: der Kunde denkt ans Gehen.",
        recommendation="Persönlich antworten, eine Inspektion schenken",
        confidence=0.84,
        topics=("churn",),
        sources=("inspektion",),
        intended=Intended("in_the_loop", "vip"),
        rulings=(
            edit(
                "Zwölf Jahre sind ein Dankeschön wert.",
                "tone",
                {
                    0: {
                        "text": "Zwölf Jahre, vielen Dank dafür! Die erste Inspektion gehört bei jedem neuen "
                        "Rad dazu. Ihre "
                        "nächste geht auf uns: Sagen Sie in der Werkstatt einfach Ihren Namen."
                    }
                },
            ),
            respond("Bitte eine Inspektion schenken; ich habe sie im Konto vermerkt."),
        ),
    ),
)
