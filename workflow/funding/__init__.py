"""Our vocabulary: programme, forms, eligibility, budget, money, letters. Pure: no database, no clock."""
