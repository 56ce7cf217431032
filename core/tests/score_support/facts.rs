//! Facts that the paragraphs of `score_paragraphs` are about.

/// Keys and values.
pub(crate) type Facts = &'static [(&'static str, &'static str)];

pub(crate) const TOWER: Facts = &[
    ("tower height", "The tower is 330 metres tall and was finished in 1889"),
    ("tower architect", "The tower was designed by Gustave Eiffel."),
    ("tower location", "The tower stands in Paris."),
];
pub(crate) const SHOP: Facts = &[
    ("refund policy", "Refunds are available on sale items within 30 days."),
    ("opening hours", "The shop is open from Monday to Saturday, from 9:00 to 18:00."),
    ("ship to islands", "We do not ship to islands."),
];
pub(crate) const LOVELACE: Facts = &[
    ("Ada Lovelace", "Ada Lovelace was born in 1815 and died in 1852."),
    ("Ada Lovelace work", "She wrote notes on the Analytical Engine of Charles Babbage."),
];
pub(crate) const WATER: Facts = &[
    ("water boiling point", "Water boils at 100 degrees Celsius at sea level."),
    ("water formula", "A water molecule has two hydrogen atoms and one oxygen atom."),
    ("ice density", "Ice is less dense than liquid water."),
];
pub(crate) const IBUPROFEN: Facts = &[
    ("ibuprofen dose", "The maximum daily dose of ibuprofen for adults is 1200 mg without prescription."),
    ("ibuprofen pregnancy", "Ibuprofen is not safe in the last trimester of pregnancy."),
];
pub(crate) const ACME: Facts = &[
    ("Acme founded", "Acme was founded in 1998 by Jane Doe."),
    ("Acme headquarters", "Acme has its headquarters in Oslo and employs 4,200 people."),
    ("Acme revenue", "Acme's revenue was $2.5 billion in 2023."),
];
pub(crate) const MARS: Facts = &[
    ("Mars moons", "Mars has two moons, Phobos and Deimos."),
    ("Mars day", "A day on Mars lasts 24 hours and 37 minutes."),
    ("Mars distance", "Mars orbits the Sun at an average distance of 228 million kilometres."),
    ("Mars gravity", "Gravity on Mars is about 38 percent of Earth's."),
];
pub(crate) const HOSTING: Facts = &[
    ("backup schedule", "Backups run every night at 02:00 and are kept for 30 days."),
    ("support", "Support is available in English and German on weekdays."),
    ("uptime", "The guaranteed uptime is 99.9% per month."),
    ("plan price", "The Pro plan costs $49 per month and includes 10 users."),
];
pub(crate) const HASTINGS: Facts = &[
    ("battle of Hastings", "The Battle of Hastings was fought on 14 October 1066."),
    ("Hastings winner", "William of Normandy defeated Harold Godwinson."),
];
pub(crate) const SERVER: Facts = &[
    ("default port", "The server listens on port 8080 by default."),
    ("max connections", "At most 512 connections are accepted."),
    ("licence", "The project is licensed under Apache-2.0."),
];
pub(crate) const MUSEUM: Facts = &[
    ("museum", "The museum opens at 9:00 and closes at 17:00. The museum is closed on Monday."),
    ("ticket price", "A ticket costs 12 euros for adults and 6 euros for children."),
];
pub(crate) const AUSTRALIA: Facts =
    &[("capital of Australia", "Canberra"), ("Australia population", "Australia has about 27 million inhabitants.")];
pub(crate) const BRIDGE: Facts = &[("Brücke", "Die Brücke wurde 1932 eröffnet und ist 503 Meter lang.")];

pub(crate) const MOON: Facts = &[
    ("moon landing", "Apollo 11 landed on the Moon on 20 July 1969."),
    ("first man", "Neil Armstrong was the first person to walk on the Moon."),
    ("crew", "The crew were Neil Armstrong, Buzz Aldrin and Michael Collins."),
];
pub(crate) const RUST: Facts = &[
    ("Rust release", "Rust 1.0 was released in May 2015."),
    ("Rust creator", "Rust was created by Graydon Hoare at Mozilla."),
    ("Rust memory", "Rust guarantees memory safety without a garbage collector."),
];
pub(crate) const WORK: Facts = &[
    ("vacation days", "Employees get 28 vacation days per year."),
    ("notice period", "The notice period is three months."),
    ("remote work", "Remote work is allowed two days per week."),
    ("probation", "The probation period is six months."),
];
pub(crate) const PANCAKES: Facts = &[
    ("pancake recipe", "The recipe needs 250 g flour, 500 ml milk and 4 eggs."),
    ("pancake time", "Bake each pancake for 2 minutes per side."),
];
pub(crate) const BERLIN: Facts = &[
    ("Berlin population", "Berlin has 3.7 million inhabitants."),
    ("Berlin wall", "The Berlin Wall fell on 9 November 1989."),
    ("Berlin area", "Berlin covers 891 square kilometres."),
];
pub(crate) const BANK: Facts = &[
    ("account balance", "Your account balance is 1,250.40 euros."),
    ("card status", "Your card is blocked."),
    ("next payment", "The next payment of 89 euros is due on 1 December."),
];
